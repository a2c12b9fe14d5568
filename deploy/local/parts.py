"""The processes of the embedded platform: how each is started, with what environment, and when it is ready."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.local import binaries, leftovers
from deploy.local.addresses import Addresses, Broker
from deploy.local.keys import Secrets
from deploy.local.layout import CHECKOUT, Folder
from deploy.local.ports import HOST

BELOW: Final = ("mongod", "broker", "mailbox", "sandbox")
SERVICES: Final = ("identity", "projects", "applications", "stipends")
ABOVE: Final = ("gateway", *SERVICES)
ALL: Final = (*BELOW, *ABOVE)


LEAN: Final = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"}
"""Gives the 19 MiB of each password hash back to the system; without it a busy identity keeps 20 MiB more."""


@dataclass(frozen=True)
class Part:
    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    health: str = ""
    """Answers 200 when the part is ready; empty: the part leaves a mark in the folder `ready`."""

    @property
    def group(self) -> str:
        """What is above stops before what it stands on; within a group all stop at once."""
        return "above" if self.name in ABOVE else "below"


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before anything is started."""

    folder: Folder
    addresses: Addresses
    secrets: Secrets

    def parts(self, names: Iterable[str]) -> list[Part]:
        makers = {"mongod": self.mongod, "broker": self.broker, "gateway": self.gateway}
        makers |= {"mailbox": self.mailbox, "sandbox": self.sandbox}
        return [makers[name]() if name in makers else self.service(name) for name in names]

    def mongod(self) -> Part:
        port, ready = str(self.addresses.ports["mongod"]), str(self.folder.ready / "mongod")
        return python(
            "mongod", "deploy.local.mongod", "--port", port, "--data", str(self.folder.mongo), "--ready", ready
        )

    def broker(self) -> Part:
        """Raises `NotHere`."""
        port, ready = str(self.addresses.ports["broker"]), str(self.folder.ready / "broker")
        words = ("--port", port, "--advertised", self.addresses.kafka, "--ready", ready)
        match self.addresses.broker:
            case Broker.KAFKA:
                binaries.kafka()
                controller = ("--controller-port", str(self.addresses.ports["controller"]))
                data = ("--data", str(self.folder.kafka))
                return python("broker", "deploy.local.kafka", *words, *controller, *data)
            case Broker.CONTAINERS:
                binaries.engine()
                return python("broker", "deploy.local.container", *words)
            case _:
                return python("broker", "deploy.local.broker", *words)

    def mailbox(self) -> Part:
        http, smtp = str(self.addresses.ports["mailbox"]), str(self.addresses.smtp_port)
        words = ("--http-port", http, "--smtp-port", smtp, "--file", str(self.folder.mails))
        return python("mailbox", "deploy.local.mailbox", *words, health=f"{self.addresses.mailbox}/health")

    def sandbox(self) -> Part:
        words = ("--port", str(self.addresses.ports["sandbox"]), "--file", str(self.folder.sandbox))
        health = f"{self.addresses.sandbox}/health"
        secrets = {"SANDBOX_API_KEY": self.secrets.sandbox_api_key, "SANDBOX_SECRET": self.secrets.sandbox_callback}
        return python("sandbox", "deploy.local.sandbox", *words, health=health, environment=secrets)

    def gateway(self) -> Part:
        home = CHECKOUT / "deploy" / "gateway"
        words = ("run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile")
        state = {"XDG_DATA_HOME": str(self.folder.gateway), "XDG_CONFIG_HOME": str(self.folder.gateway)}
        upstreams = {f"{name.upper()}_UPSTREAM": authority(self.addresses.of_service(name)) for name in SERVICES}
        places = {"GATEWAY_ADDRESS": self.addresses.gateway, "GATEWAY_SITE": str(home / "site")}
        environment = {**state, **upstreams, **places, "GATEWAY_BIND": HOST, "MAILBOX_URL": self.addresses.mailbox}
        return Part("gateway", (str(binaries.gateway()), *words), environment, f"{self.addresses.gateway}/")

    def service(self, name: str) -> Part:
        health = f"{self.addresses.of_service(name)}/health/ready"
        environment = self.settings(name) | LEAN
        return python(name, "services", "serve", name, "--role", "all", health=health, environment=environment)

    def settings(self, service: str) -> dict[str, str]:
        """The environment of one service; of the `mentorship` command too."""
        at = self.addresses
        common = {
            "MONGODB_URI": at.mongodb_uri,
            "KAFKA_BOOTSTRAP_SERVERS": at.kafka,
            "KAFKA_IDEMPOTENCE": str(at.kafka_idempotence).lower(),
            "KAFKA_SESSION_TIMEOUT_MS": "15000"
            if at.broker is Broker.THEIRS
            else "4000",  # Tansu takes half of it to join
            "HTTP_HOST": HOST,
            "HTTP_PORT": str(at.ports[service]),
            "PUBLIC_URL": at.gateway,
            "DISCOVERY_URL": f"{at.identity}/.well-known/openid-configuration",
            "SMTP_HOST": at.smtp_host,
            "SMTP_PORT": str(at.smtp_port),
            "MAIL_FROM": "Mentorship <no-reply@mentorship.example>",
            "RATE_ACCOUNT": "1000000",  # here load is made on purpose
            "RATE_CLIENT": "10000000",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
        }
        return {f"{service.upper()}_{name}": value for name, value in (common | self.own(service)).items()}

    def own(self, service: str) -> dict[str, str]:
        if service == "identity":
            wait = os.environ.get("IDENTITY_ERASURE_WAIT", "P7D")
            return {"KEY_SECRET": self.secrets.identity_key, "ERASURE_WAIT": wait}
        if service == "stipends":
            return {
                "PAYEE_SECRET": self.secrets.stipends_payee,
                "SANDBOX_URL": self.addresses.sandbox,
                "SANDBOX_API_KEY": self.secrets.sandbox_api_key,
                "SANDBOX_CALLBACK_SECRET": self.secrets.sandbox_callback,
            }
        return {}

    def every_setting(self) -> dict[str, str]:
        return {name: value for service in SERVICES for name, value in self.settings(service).items()}

    def mark(self) -> dict[str, str]:
        return {leftovers.MARK: str(self.folder.root)}


def python(name: str, module: str, *words: str, health: str = "", environment: Mapping[str, str] | None = None) -> Part:
    return Part(name, (sys.executable, "-m", module, *words), environment or {}, health)


def authority(origin: str) -> str:
    return origin.removeprefix("http://")
