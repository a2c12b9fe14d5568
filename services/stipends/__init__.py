"""Owns stipends: policies, budgets, what each mentee is due, and the payments that settle it.

Publishes  stipends.events
Listens to identity.events, identity.people, applications.events, projects.events
"""
