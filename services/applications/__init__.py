"""Owns applications: who asked to join which term, their tasks and evaluations, and what became of it.

Publishes  applications.events
Listens to identity.events, identity.people, projects.events, stipends.events
"""
