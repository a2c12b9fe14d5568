"""Owns accounts and the single sign-on: who somebody is, how they prove it, what they tell about themselves.

Publishes  identity.events, identity.people, identity.sessions
Listens to projects.events, applications.events, stipends.events, and what they export
"""
