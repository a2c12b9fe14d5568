"""What tests stand on: waiting for a condition, an issuer of tokens, a service that is served."""
