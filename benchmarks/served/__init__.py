"""What is measured: the real application with a trivial route and a room added, on any of three servers."""
