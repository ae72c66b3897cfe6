"""What each kind of attention computes, and at what price."""
