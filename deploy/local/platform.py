"""A platform that runs: start it in a folder, ask where things are, stop and kill its parts, close it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from deploy.local import leftovers, ports, supervision
from deploy.local.addresses import Addresses, Broker
from deploy.local.keys import Secrets, write_private
from deploy.local.layout import CHECKOUT, Folder
from deploy.local.parts import ALL, Part, Plan
from deploy.local.readiness import is_ready
from deploy.local.supervision import STOPPED, Away, Supervisor

START_PATIENCE: Final = 300.0
STOP_PATIENCE: Final = 14.0
PAUSE: Final = 0.05


class NotReady(Exception):
    """A part ended or did not become ready; the message ends with what it wrote last."""


class Platform:
    """Made by `start`, then it owns its processes and `close` ends them; or by `attach`, then `close` does nothing.

    Start it in the main thread: the kernel ends supervisor when the thread that started it ends.
    """

    def __init__(self, plan: Plan, names: Iterable[str], server: "subprocess.Popen[bytes] | None") -> None:
        self.plan = plan
        self.folder = plan.folder
        self.parts: dict[str, Part] = {part.name: part for part in plan.parts(names)}
        self.server = server
        groups = {part.name: part.group for part in self.parts.values()}
        self.supervisor = Supervisor(plan.addresses.ports["supervisor"], plan.secrets.supervisor, groups)

    @classmethod
    def start(cls, folder: Path, services: Iterable[str] = ALL) -> Self:
        """On free ports; what is named (default: all) is ready on return, and stays ended when it ends."""
        platform = cls.launch(folder, services, wishes=ports.somewhere(), restart=False)
        try:
            platform.wait_ready()
        except BaseException:
            platform.close()
            raise
        return platform

    @classmethod
    def launch(
        cls, folder: Path, services: Iterable[str] = ALL, *, wishes: dict[str, int], restart: bool, broker_at: str = ""
    ) -> Self:
        """Starts and returns at once. Ends first what an earlier run left in this folder.

        `broker_at`: host:port where everybody finds the broker, if that is not its own: a proxy's, in tests.
        """
        plan = prepare(Folder(folder.resolve()), wishes, broker_at)
        platform = cls(plan, wanted(services, plan.addresses), server=None)
        write_private(plan.folder.supervisor, platform.configuration(restart=restart))
        write_private(plan.folder.platform, plan.addresses.model_dump_json(indent=2))
        write_private(plan.folder.root / "parts.json", json.dumps(list(platform.parts)))
        if plan.addresses.broker is Broker.THEIRS:
            platform.python("deploy.local.topics", plan.addresses.kafka)
        platform.server = subprocess.Popen(  # noqa: S603  ours
            supervision.command(plan.folder),
            cwd=CHECKOUT,
            env={**os.environ, **plan.mark()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us alone; we stop it in order
        )
        return platform

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """The platform that another process started in this folder (a test session's other workers)."""
        place = Folder(folder.resolve())
        addresses = Addresses.model_validate_json(place.platform.read_bytes())
        plan = Plan(place, addresses, Secrets.kept_in(place.secrets))
        return cls(plan, json.loads((place.root / "parts.json").read_bytes()), server=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def addresses(self) -> Addresses:
        return self.plan.addresses

    def environment(self, service: str) -> dict[str, str]:
        """The settings a service is started with; a test that runs one in its own process takes them too."""
        return self.plan.settings(service)

    def configuration(self, *, restart: bool) -> str:
        return supervision.configuration(
            self.parts.values(),
            self.folder,
            port=self.addresses.ports["supervisor"],
            password=self.plan.secrets.supervisor,
            restart=restart,
            shared=self.plan.mark(),
        )

    def pid(self, name: str) -> int:
        """0 when it does not run. Of mongod and broker: the wrapper's, with which they live and end."""
        return self.supervisor.pid(name)

    def is_ready(self, name: str) -> bool:
        with suppress(Away):
            return is_ready(self.parts[name], self.folder, self.pid(name))
        return False

    def ready(self, names: Iterable[str] = (), patience: float = START_PATIENCE) -> Iterator[str]:
        """Yields each part (of all, when none is named) as it becomes ready. Raises NotReady."""
        waiting = list(names) or list(self.parts)
        until = time.monotonic() + patience
        while waiting:
            for name in [name for name in waiting if self.is_ready(name)]:
                waiting.remove(name)
                yield name
            if waiting:
                self.give_up_on(waiting, late=time.monotonic() > until)
                time.sleep(PAUSE)

    def give_up_on(self, waiting: Iterable[str], *, late: bool) -> None:
        if self.server and self.server.poll() is not None:
            raise NotReady(f"supervisor ended: {self.last_words('supervisord')}")
        try:
            states = self.supervisor.states()
        except Away:
            states = {}
        for name in waiting:
            if late or states.get(name) in STOPPED:
                raise NotReady(f"{name} is {states.get(name, 'not started')}: {self.last_words(name)}")

    def last_words(self, name: str, lines: int = 15) -> str:
        log = self.folder.log_of(name)
        words = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join([f"see {log}", *words[-lines:]])

    def wait_ready(self, *names: str, patience: float = START_PATIENCE) -> None:
        for _ in self.ready(names, patience):
            pass

    def start_process(self, name: str) -> None:
        """Returns at once; `wait_ready(name)` waits."""
        self.supervisor.start(name)

    def stop(self, name: str) -> None:
        """Politely, and waits until it has ended."""
        self.supervisor.stop(name)

    def kill(self, name: str) -> None:
        """As `kill -9`; waits until it is gone. It stays so until `start_process`, except under `make run`."""
        if (pid := self.pid(name)) == 0:
            raise NotReady(f"{name} does not run, so it cannot be killed")
        os.kill(pid, signal.SIGKILL)
        while self.pid(name) == pid:
            time.sleep(PAUSE / 5)

    def mentorship(self, *words: str, input: str | None = None) -> str:
        """Runs the `mentorship` command with the settings of all services; returns what it printed."""
        return self.python("services", *words, input=input)

    def python(self, module: str, *words: str, input: str | None = None) -> str:
        done = subprocess.run(  # noqa: S603  ours
            [sys.executable, "-m", module, *words],
            cwd=CHECKOUT,
            env={**os.environ, **self.plan.mark(), **self.plan.every_setting()},
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_PATIENCE,
        )
        if done.returncode:
            raise NotReady(f"{module} {' '.join(words[:2])} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def close(self) -> None:
        """Stops everything and leaves no process; the folder stays. Takes at most 15 s, usually 3."""
        if self.server is None:
            return
        self.server.terminate()
        try:
            self.server.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.server = None
        leftovers.end(self.folder, patience=1.0)


def prepare(folder: Folder, wishes: dict[str, int], broker_at: str) -> Plan:
    folder.prepare()
    leftovers.end(folder)
    secrets = Secrets.kept_in(folder.secrets)
    addresses = Addresses.of(ports.choose(wishes), os.environ)
    return Plan(folder, addresses.model_copy(update={"kafka": broker_at or addresses.kafka}), secrets)


def wanted(names: Iterable[str], addresses: Addresses) -> list[str]:
    """In the order of starting, without what the environment brings along."""
    brought = {"mongod": not addresses.embedded_mongod, "broker": addresses.broker is Broker.THEIRS}
    chosen = set(names)
    return [name for name in ALL if name in chosen and not brought.get(name)]
