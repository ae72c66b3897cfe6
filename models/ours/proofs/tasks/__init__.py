"""The tasks, one file each with its `TASK`."""
