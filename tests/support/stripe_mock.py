"""Stripe's own mock server, built from its source."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from tests.support.from_go import Source

STRIPE: Final = Source("github.com/stripe/stripe-mock", "v0.197.0", without="-k 'not stripe'")


@contextmanager
def serving_stripe() -> Iterator[str]:
    """Run the server on a free port; gives its origin."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    words = ["-http-addr", f"127.0.0.1:{ports[0]}", "-https-addr", f"127.0.0.1:{ports[1]}"]
    server = subprocess.Popen([STRIPE.installed(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
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
