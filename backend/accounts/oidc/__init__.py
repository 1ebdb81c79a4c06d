"""Signing in at another issuer: OpenID Connect, from the redirect to the account. Knows no web framework."""
