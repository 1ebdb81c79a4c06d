"""Load generators, each a program of its own: they measure, and read what the server spent meanwhile."""
