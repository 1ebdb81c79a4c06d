"""Tests: what README and docs/ say is so."""
