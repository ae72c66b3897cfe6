"""One family of mechanisms a file; what stands here is in the registry by itself."""
