"""Which word became which, and why attention was invented."""
