"""A route for each decision, by noun: applications, tasks, evaluations."""
