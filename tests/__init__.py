"""Mirrors backend/; journeys/ drive the real server."""
