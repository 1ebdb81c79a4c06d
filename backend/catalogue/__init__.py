"""Which models exist, what they can do, what they cost, and how many tokens a text is."""
