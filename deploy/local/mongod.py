"""Runs mongod as a replica set of one: `python -m deploy.local.mongod --port P --data FOLDER --ready FILE`."""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local import binaries
from deploy.local.ports import HOST
from deploy.local.wrapped import Wrapped

NOT_YET_INITIALIZED: Final = 94
PATIENCE: Final = 120.0  # seconds; it takes one, but may have a journal to recover

Client = MongoClient[Mapping[str, Any]]


def command(port: int, data: Path) -> list[str]:
    sizes = ["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "256"]
    # Without pre-allocated journals the folder holds a tenth of the 300 MB, and starts no slower.
    journal = ["--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=20MB)"]
    quiet = ["--quiet", "--nounixsocket", "--setParameter", "diagnosticDataCollectionEnabled=false"]
    # What a killed process held in an open transaction nobody else can write until this is over; 60 s unless said.
    short = ["--setParameter", "transactionLifetimeLimitSeconds=5"]
    place = ["--bind_ip", HOST, "--port", str(port), "--dbpath", str(data), "--replSet", "rs0"]
    return [str(binaries.mongod()), *place, *sizes, *journal, *quiet, *short]


def set_up(mongod: Wrapped, address: str) -> None:
    with MongoClient[Mapping[str, Any]](f"mongodb://{address}/?directConnection=true") as client:
        while mongod.alive():
            try:
                agree_on(address, client)
                wait_for_primary(client)
            except PyMongoError as reason:
                sys.stderr.write(f"not yet: {reason}\n")
                time.sleep(0.05)
            else:
                return


def agree_on(address: str, client: Client) -> None:
    """One member, us; its address is in the stored configuration and must follow when the port has moved."""
    try:
        known = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as refusal:
        if refusal.code != NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": address}]})
        return
    if known["members"][0]["host"] != address:
        moved = {**known, "version": known["version"] + 1, "members": [{"_id": 0, "host": address}]}
        client.admin.command("replSetReconfig", moved, force=True)


def wait_for_primary(client: Client) -> None:
    until = time.monotonic() + PATIENCE
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > until:
            raise TimeoutError("mongod did not become primary")
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ready", type=Path, required=True)
    options = parser.parse_args()
    mongod = Wrapped(command(options.port, options.data), options.ready)
    return mongod.run(lambda started: set_up(started, f"{HOST}:{options.port}"))


if __name__ == "__main__":
    sys.exit(main())
