"""The rules of identity: accounts, people, profiles, sessions, grants, clients, keys."""
