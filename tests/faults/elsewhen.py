"""A service whose clock is wrong: `python -m tests.faults.elsewhen SECONDS SERVICE ROLE` runs it so much ahead."""

import importlib
import sys
import time
from datetime import timedelta

from services.chassis.service import Role, now, serve


def serve_ahead(by: timedelta, service: str, role: Role) -> None:
    """Run it with another now, and with another time on the rows of its outbox."""
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + by.total_seconds()
    time.time_ns = lambda: nanoseconds() + int(by.total_seconds()) * 10**9
    rooms = importlib.import_module(f"services.{service}.app")
    serve(rooms.build(rooms.Settings.from_environment(), lambda: now() + by), role)


if __name__ == "__main__":
    serve_ahead(timedelta(seconds=float(sys.argv[1])), sys.argv[2], Role(sys.argv[3]))
