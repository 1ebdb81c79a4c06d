"""Provider keys and endpoints that users bring along, for themselves or for everyone."""
