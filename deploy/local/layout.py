"""Where the embedded platform keeps its state: one folder, `.run/` unless a test says otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Folder:
    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mongo(self) -> Path:
        return self.root / "mongo"

    @property
    def kafka(self) -> Path:
        """The log of Apache Kafka, where that is the broker."""
        return self.root / "kafka"

    @property
    def gateway(self) -> Path:
        return self.root / "gateway"

    @property
    def ready(self) -> Path:
        """Marks left by the wrappers of mongod and broker when their set-up is done; each holds the wrapper's pid."""
        return self.root / "ready"

    @property
    def mails(self) -> Path:
        return self.root / "mailbox.sqlite"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox.sqlite"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def platform(self) -> Path:
        return self.root / "platform.json"

    @property
    def supervisor(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def keys(self) -> Path:
        """The keys of the demo people's authenticator apps."""
        return self.root / "authenticator-keys.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def seeded(self) -> Path:
        return self.root / "seeded"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        for path in (self.root, self.logs, self.mongo, self.gateway, self.ready):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
