"""The built front end, served from memory. Knows nothing of the domain."""
