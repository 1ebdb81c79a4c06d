"""A model server that thinks nothing: real wire formats over real HTTP, to try everything without a key."""
