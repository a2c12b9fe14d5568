"""We as the relying party: people prove at a third party who they are, and come back."""
