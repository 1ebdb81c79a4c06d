"""How the database became what it is: one file per step, numbered, in a straight line."""
