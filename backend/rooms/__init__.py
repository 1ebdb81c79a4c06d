"""Rooms: who is in one, what was said there in order, and the sockets that carry it."""
