"""Tests: the catalogue."""
