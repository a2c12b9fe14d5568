"""Identity's rules, without a server."""
