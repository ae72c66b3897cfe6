"""Many sentences at once: pairs, who looks wrong among them, which head aligns."""
