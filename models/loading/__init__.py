"""From a folder or the hub into memory: judged first, loaded then."""
