"""How any service runs: store, outbox, bus, HTTP, identity of who asks. No business word may appear here."""
