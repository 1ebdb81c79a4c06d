"""What must be true after a soak: each looks at the evidence, and says at how much, and what is broken."""
