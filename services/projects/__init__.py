"""Owns enrollments: projects, their people, their terms.

Publishes  projects.events
Listens to identity.people, applications.events
"""
