"""Programs that a container runs in place of one that no image brings here."""
