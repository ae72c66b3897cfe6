"""What does each head of this model look at?"""
