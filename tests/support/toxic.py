"""Toxiproxy between services, broker and store: lines that can be slow, cut, or swallow what is sent.

What is done to a line and for how long is the test's business; how it is done is Toxiproxy's, which others wrote.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.local.ports import HOST
from tests.support.go import built
from tests.support.waiting import at_last

TOXIPROXY: Final = ("github.com/Shopify/toxiproxy/v2/cmd/server", "v2.12.0")


@dataclass(frozen=True)
class Toxic:
    """Something bad about a line; in Toxiproxy's words."""

    type: str
    attributes: dict[str, int]


SLOW: Final = Toxic("latency", {"latency": 15, "jitter": 10})
TRICKLING: Final = Toxic("slicer", {"average_size": 64, "size_variation": 32, "delay": 200})
"""In pieces of some bytes, and pauses of microseconds between them."""
SWALLOWING: Final = Toxic("timeout", {"timeout": 0})
"""Nothing arrives, and nobody is told."""
RESETTING: Final = Toxic("reset_peer", {"timeout": 0})


@dataclass(frozen=True)
class Lines:
    """All lines of one Toxiproxy, by name."""

    control: httpx.Client

    def lay(self, name: str, port: int, to: int) -> None:
        said = {"name": name, "listen": f"{HOST}:{port}", "upstream": f"{HOST}:{to}", "enabled": True}
        self._post("/proxies", **said)

    def cut(self, name: str) -> None:
        """Break every connection, and refuse new ones."""
        self._post(f"/proxies/{name}", enabled=False)

    def poison(self, name: str, toxic: Toxic) -> None:
        """Do it to both directions."""
        for stream in ("upstream", "downstream"):
            said = {"name": stream, "type": toxic.type, "stream": stream, "attributes": toxic.attributes}
            self._post(f"/proxies/{name}/toxics", **said)

    def mend(self) -> None:
        """Let all lines be as they were laid."""
        self._post("/reset")

    def _post(self, path: str, **said: Any) -> None:
        answer = self.control.post(path, json=said)
        assert answer.is_success, answer.text


@contextmanager
def laid(port: int, log: Path, lines: Sequence[tuple[str, int, int]]) -> Iterator[Lines]:
    """Run Toxiproxy, which is told at this port what to do, and lay lines: name, from, to."""
    words = [str(built(*TOXIPROXY)), "-host", HOST, "-port", str(port)]
    with log.open("w") as out, httpx.Client(base_url=f"http://{HOST}:{port}", timeout=5) as control:
        server = subprocess.Popen(words, stdout=out, stderr=out)  # noqa: S603 - our words
        try:
            assert at_last(lambda: _answers(control), within=180), "Toxiproxy does not answer"
            made = Lines(control)
            for line in lines:
                made.lay(*line)
            yield made
        finally:
            server.kill()
            server.wait()


def _answers(control: httpx.Client) -> bool:
    try:
        return control.get("/version").is_success
    except httpx.TransportError:
        return False
