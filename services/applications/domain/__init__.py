"""The rules of applications, by noun: application, task, evaluation, mentorship, places; who is eligible; history."""
