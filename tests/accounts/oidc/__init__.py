"""Signing in at another issuer."""
