"""Tests of backend/providers/simulator."""
