"""Stripe's own mock server, built from its source once and kept beside the embedded platform's state."""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from deploy.local.layout import CHECKOUT

VERSION: Final = "v0.197.0"
PLACE: Final = CHECKOUT / ".run" / "tools" / f"stripe-mock-{VERSION}"


class GoMissing(Exception):
    """There is no Go toolchain to build Stripe's mock server with."""


def installed() -> Path:
    """Give the server, built now if it never was. Raises `GoMissing`."""
    PLACE.mkdir(parents=True, exist_ok=True)
    binary = PLACE / "stripe-mock"
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _build()
    return binary


def _build() -> None:
    go = shutil.which("go")
    if go is None:
        raise GoMissing("The Stripe tests need Go: install it (1.22 or newer), or run the others with -k 'not stripe'.")
    module = f"github.com/stripe/stripe-mock@{VERSION}"
    environment = {**os.environ, "GOBIN": str(PLACE)}
    built = subprocess.run(  # noqa: S603 - our words
        [go, "install", module], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if built.returncode:
        raise GoMissing(f"Go could not build {module}:\n{built.stderr}")


@contextmanager
def serving_stripe() -> Iterator[str]:
    """Run the server on a free port; gives its origin."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    words = ["-http-addr", f"127.0.0.1:{ports[0]}", "-https-addr", f"127.0.0.1:{ports[1]}"]
    server = subprocess.Popen([installed(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{ports[0]}", server)
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        server.kill()
        server.wait()


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert server.poll() is None, "Stripe's mock server stopped"
        try:
            httpx.get(f"{url}/", timeout=1)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Stripe's mock server does not answer")
