"""Where the bus is, and how we sign in there."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLScram512


@dataclass(frozen=True)
class Broker:
    servers: str
    """host:port, several with commas."""
    username: str = ""
    """Of SCRAM-SHA-512; none: nobody signs in."""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: Path | None = None
    """Who signed its certificate; without it whom the system trusts."""

    def __str__(self) -> str:
        return self.servers

    @property
    def security(self) -> BaseSecurity:
        """Say it in FastStream's words. Raises `OSError` for a file that cannot be read."""
        context = ssl.create_default_context(cafile=self.ca_file) if self.tls else None
        if self.username:
            return SASLScram512(self.username, self.password, context, self.tls)
        return BaseSecurity(context, self.tls)

    @property
    def client(self) -> dict[str, Any]:
        """Say it in aiokafka's words."""
        return {"bootstrap_servers": self.servers, **parse_security(self.security)}
