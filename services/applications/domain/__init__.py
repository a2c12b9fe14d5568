"""The rules of applications, by noun: application, task, evaluation, places; and who is eligible."""
