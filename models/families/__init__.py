"""One small adapter for each kind of model to what the pages watch."""
