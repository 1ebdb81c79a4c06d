"""Comparisons: one prompt to many models at once, live to a room and for good to the database."""
