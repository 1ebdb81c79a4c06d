"""Tests of what `make soak` runs."""
