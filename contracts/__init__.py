"""What the services agree on: ids, money, events and topics. Pydantic and nothing else."""
