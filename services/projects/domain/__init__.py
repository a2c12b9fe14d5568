"""The rules of enrollment, by noun: project, term, invitation."""
