"""Supervisor: its configuration, and the few things we ask of it while it runs."""

import os
import signal
import sys
import xmlrpc.client
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from typing import Any, Final

from supervisor.xmlrpc import Faults

from deploy.local import tied
from deploy.local.layout import CHECKOUT, Folder
from deploy.local.parts import Part
from deploy.local.ports import HOST

USER: Final = "mentorship"
STOPPED: Final = frozenset({"STOPPED", "EXITED", "FATAL", "UNKNOWN"})
PATIENCE: Final = {"above": 8, "below": 4}  # seconds a group may take to stop; together under 15
ORDER: Final = {"below": 1, "above": 2}  # stops from the end


def configuration(
    parts: Iterable[Part], folder: Folder, *, port: int, password: str, restart: bool, shared: Mapping[str, str]
) -> str:
    """The text of supervisord.conf. `restart`: whether a process that ends by itself is started again."""
    parts = list(parts)
    present = [group for group in ORDER if any(part.group == group for part in parts)]
    sections = [
        server(folder, port, password),
        *(program(part, folder, restart, shared) for part in parts),
        *(group(name, [part.name for part in parts if part.group == name]) for name in present),
    ]
    return "\n\n".join(sections) + "\n"


def server(folder: Folder, port: int, password: str) -> str:
    lines = [
        "[supervisord]",
        "nodaemon=true",
        f"logfile={escaped(folder.log_of('supervisord'))}",
        "logfile_maxbytes=1MB",
        "logfile_backups=1",
        f"pidfile={escaped(folder.root / 'supervisord.pid')}",
        f"directory={escaped(CHECKOUT)}",
        *(["user=root"] if os.geteuid() == 0 else []),
        "",
        "[inet_http_server]",
        f"port={HOST}:{port}",
        f"username={USER}",
        f"password={escaped(password)}",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    return "\n".join(lines)


def program(part: Part, folder: Folder, restart: bool, shared: Mapping[str, str]) -> str:
    lines = [
        f"[program:{part.name}]",
        f"command={words(tied.command(signal.SIGTERM, *part.command))}",
        f"directory={escaped(CHECKOUT)}",
        f"environment={environment({**shared, **part.environment})}",
        f"autorestart={str(restart).lower()}",
        # With startsecs=0 supervisor never starts again by itself, so that a test decides; otherwise it gives up on a
        # process that ends within its first second five times.
        f"startsecs={int(restart)}",
        "startretries=5",
        f"stopwaitsecs={PATIENCE[part.group]}",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={escaped(escaped(folder.log_of(part.name)))}",  # expanded twice
        "stdout_logfile_maxbytes=10MB",
        "stdout_logfile_backups=1",
    ]
    return "\n".join(lines)


def group(name: str, members: list[str]) -> str:
    return f"[group:{name}]\nprograms={','.join(members)}\npriority={ORDER[name]}"


def escaped(value: object) -> str:
    """Supervisor expands % in every value."""
    return str(value).replace("%", "%%")


def words(command: Iterable[str]) -> str:
    return " ".join('"' + escaped(word).replace("\\", "\\\\").replace('"', '\\"') + '"' for word in command)


def environment(values: Mapping[str, str]) -> str:
    """Supervisor knows no escapes in here, only the other kind of quotes."""
    quotes = {name: "'" if '"' in value else '"' for name, value in values.items()}
    return ",".join(f"{name}={quotes[name]}{escaped(value)}{quotes[name]}" for name, value in values.items())


class Away(Exception):
    """Supervisor does not answer."""


class Supervisor:
    """Asks a running supervisord; a connection a question, so that any thread may."""

    def __init__(self, port: int, password: str, groups: Mapping[str, str]) -> None:
        self.url = f"http://{USER}:{password}@{HOST}:{port}/RPC2"
        self.groups = groups

    def ask(self, method: str, *arguments: object) -> Any:
        try:
            with xmlrpc.client.ServerProxy(self.url) as server:
                return getattr(server.supervisor, method)(*arguments)
        except (OSError, HTTPException) as reason:
            raise Away(str(reason)) from reason

    def full(self, name: str) -> str:
        return f"{self.groups[name]}:{name}"

    def start(self, name: str) -> None:
        self.ask("startProcess", self.full(name), False)  # do not wait

    def stop(self, name: str) -> None:
        try:
            self.ask("stopProcess", self.full(name), True)  # wait
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.NOT_RUNNING:
                raise

    def state(self, name: str) -> str:
        return str(self.ask("getProcessInfo", self.full(name))["statename"])

    def pid(self, name: str) -> int:
        """0 when it does not run."""
        return int(self.ask("getProcessInfo", self.full(name))["pid"])

    def states(self) -> dict[str, str]:
        return {info["name"]: str(info["statename"]) for info in self.ask("getAllProcessInfo")}


def command(folder: Folder) -> list[str]:
    return tied.command(
        signal.SIGTERM, sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(folder.supervisor)
    )
