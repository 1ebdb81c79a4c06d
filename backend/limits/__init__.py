"""How much anybody may do: in a stretch of time, and at once."""
