"""Tests: kit."""
