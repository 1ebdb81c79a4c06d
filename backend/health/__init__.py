"""What the server says about itself: alive, well, which version, which endpoints."""
