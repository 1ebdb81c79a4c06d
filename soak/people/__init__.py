"""Who is there during a soak: each a small class with one round of what such a person does."""
