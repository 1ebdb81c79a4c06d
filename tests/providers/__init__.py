"""Tests of backend/providers."""
