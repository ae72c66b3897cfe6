"""What every page stands in, and what several questions share."""
