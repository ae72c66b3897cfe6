"""What the pages of this question share."""
