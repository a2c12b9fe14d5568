"""Apache Kafka on this machine's Java: one node, its own broker and controller, its log in the platform's folder."""

from base64 import urlsafe_b64encode
from uuid import uuid4


def new_cluster_id() -> str:
    """As Kafka makes them: 22 characters, never with a dash in front, which its tools take for an option."""
    id = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
    return new_cluster_id() if id.startswith("-") else id
