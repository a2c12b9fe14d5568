"""Apache Kafka on this machine's Java: one node, its own broker and controller, its log in the platform's folder."""
