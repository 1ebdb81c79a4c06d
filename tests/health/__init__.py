"""Tests: health."""
