"""Tests: installation."""
