"""The image's health check: ends with 0 when every service whose port the environment names answers that it lives."""
# ruff: noqa: INP001 - run in the image, no part of a package

import os
import sys
from http.client import HTTPConnection, HTTPException

PORTS = [int(value) for name, value in os.environ.items() if name.endswith("_HTTP_PORT")]


def lives(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(not (PORTS and all(map(lives, PORTS))))
