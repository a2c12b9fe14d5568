"""Clients and browsers that others wrote, unmodified, against the running identity service."""
