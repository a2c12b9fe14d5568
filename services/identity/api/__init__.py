"""The JSON interface: accounts, roles, oneself, profiles."""
