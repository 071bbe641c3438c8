"""Webhooks: signatures, and an HTTPS client that can be handed any URL."""
