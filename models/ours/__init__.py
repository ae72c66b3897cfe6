"""The models that this project trained, and how."""
