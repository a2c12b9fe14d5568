"""Owns enrollments: projects, their people, their terms.

Publishes  projects.events
Listens to identity.events, identity.people, applications.events, stipends.events
"""
