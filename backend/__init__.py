"""Bakeoff: one prompt to many models at once, side by side, everything on the record."""
