"""What each picture needs, and how it is drawn where no browser does it."""
