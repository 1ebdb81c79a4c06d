"""Tests: durability."""
