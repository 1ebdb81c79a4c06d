"""Looks at an installation and says what to do. Nothing is changed by it, not even a file made."""
