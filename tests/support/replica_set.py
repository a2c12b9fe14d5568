"""MongoDB as a replica set of three, whose members may be told to step down, killed and started again."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local import mongod, tied
from deploy.local.ports import HOST
from tests.support.waiting import at_last

PROMPT: Final = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
"""A fifth of what members usually wait before they elect another."""
PATIENCE: Final = 60.0

Client = MongoClient[Mapping[str, Any]]


@dataclass
class Member:
    port: int
    """Where it listens."""
    found_at: int
    """Where the others and the services find it; a line's end."""
    data: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            words = tied.command(SIGKILL, *mongod.command(self.port, self.data))
            self.process = subprocess.Popen(words, stdout=log, stderr=log)  # noqa: S603 - ours

    def kill(self) -> None:
        """As `kill -9`."""
        assert self.process
        self.process.kill()
        self.process.wait()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def asked(self, command: str, **more: Any) -> Mapping[str, Any]:
        """Ask this one, on no line but its own. Raises `PyMongoError`."""
        place = f"mongodb://{HOST}:{self.port}/?directConnection=true"
        with Client(place, serverSelectionTimeoutMS=2000, socketTimeoutMS=5000) as client:
            said: Mapping[str, Any] = client.admin.command(command, **more)
            return said

    @property
    def is_primary(self) -> bool:
        try:
            return bool(self.asked("hello")["isWritablePrimary"])
        except PyMongoError:
            return False


@dataclass
class ReplicaSet:
    members: Sequence[Member]
    uri: str = field(init=False)

    def __post_init__(self) -> None:
        places = ",".join(f"{HOST}:{member.found_at}" for member in self.members)
        self.uri = f"mongodb://{places}/?replicaSet=rs0"

    @property
    def primary(self) -> Member:
        """The one that takes writes, as soon as there is one."""
        found = at_last(self._primary, within=PATIENCE)
        assert found, "no member of the replica set is primary"
        return found

    def _primary(self) -> Member | None:
        return next((member for member in self.members if member.runs and member.is_primary), None)

    def step_down(self) -> None:
        """Let the primary be one of the others, and for some seconds not be it again."""
        self.primary.asked("replSetStepDown", value=5, secondaryCatchUpPeriodSecs=2, force=True)

    def start(self) -> None:
        """Start those that do not run."""
        for member in self.members:
            if not member.runs:
                member.start()

    def whole(self) -> None:
        """Wait until one is primary and the others follow it."""
        assert at_last(self._whole, within=PATIENCE), "the replica set is not whole"

    def _whole(self) -> bool:
        try:
            seen = self.primary.asked("replSetGetStatus")["members"]
        except PyMongoError:
            return False
        return sorted(member["stateStr"] for member in seen) == ["PRIMARY", "SECONDARY", "SECONDARY"]

    def agree(self) -> None:
        """Make them a set, once."""
        places = [{"_id": number, "host": f"{HOST}:{each.found_at}"} for number, each in enumerate(self.members)]
        config = {"_id": "rs0", "members": places, "settings": PROMPT}
        assert at_last(lambda: _said(self.members[0], replSetInitiate=config), within=PATIENCE), "they do not agree"
        self.whole()


def _said(member: Member, **command: Any) -> bool:
    """Say whether a member took a command, which it does not before all members answer."""
    (name, value), *_ = command.items()
    try:
        member.asked(name, value=value)
    except PyMongoError:
        return False
    return True


@contextmanager
def replica_set(members: Sequence[Member]) -> Iterator[ReplicaSet]:
    """Run a set of three on lines that are laid already."""
    made = ReplicaSet(members)
    try:
        made.start()
        made.agree()
        yield made
    finally:
        for member in members:
            if member.runs:
                member.kill()
