"""Where everything of a running platform is found."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

from deploy.local.ports import HOST


class Addresses(BaseModel):
    """What `platform.json` holds; origins without a slash at the end."""

    model_config = ConfigDict(frozen=True)

    gateway: str
    mailbox: str
    smtp_host: str
    smtp_port: int
    mongodb_uri: str
    kafka: str
    embedded_mongod: bool
    embedded_broker: bool
    sandbox: str
    identity: str
    projects: str
    applications: str
    stipends: str
    ports: dict[str, int]

    @classmethod
    def of(cls, ports: Mapping[str, int], environ: Mapping[str, str]) -> Self:
        """A store or broker named in the environment is used instead of ours."""
        origins = {
            name: f"http://{HOST}:{ports[name]}"
            for name in ("gateway", "mailbox", "sandbox", "identity", "projects", "applications", "stipends")
        }
        ours = f"mongodb://{HOST}:{ports['mongod']}/?replicaSet=rs0"
        theirs = environ.get("MONGODB_URI", "")
        kafka = environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
        return cls(
            **origins,
            smtp_host=HOST,
            smtp_port=ports["smtp"],
            mongodb_uri=theirs or ours,
            kafka=kafka or f"{HOST}:{ports['broker']}",
            embedded_mongod=not theirs,
            embedded_broker=not kafka,
            ports=dict(ports),
        )

    @property
    def kafka_idempotence(self) -> bool:
        """Tansu knows no idempotent producer."""
        return not self.embedded_broker

    def of_service(self, name: str) -> str:
        return str(getattr(self, name))
