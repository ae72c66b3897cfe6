"""Pictures of shapes with captions and questions, made here, and small models trained on them."""
