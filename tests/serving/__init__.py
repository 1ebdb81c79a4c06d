"""`bakeoff serve` from start to end, on both servers and both databases."""
