"""Tests: doctor."""
