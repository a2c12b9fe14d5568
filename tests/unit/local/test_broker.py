"""Which broker is started, and what is said where it cannot be."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import binaries
from deploy.local.addresses import Broker
from deploy.local.binaries import NotHere
from deploy.local.kafka import new_cluster_id
from deploy.local.layout import CHECKOUT


@pytest.mark.parametrize(
    ("environ", "broker"),
    [
        ({}, Broker.EMBEDDED),
        ({"BROKER": ""}, Broker.EMBEDDED),
        ({"BROKER": "kafka"}, Broker.KAFKA),
        ({"BROKER": "containers"}, Broker.CONTAINERS),
        ({"BROKER": "kafka", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092"}, Broker.THEIRS),
    ],
)
def test_the_environment_chooses_the_broker(environ: dict[str, str], broker: Broker) -> None:
    assert Broker.chosen(environ) is broker


def test_a_broker_nobody_knows_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotHere, match="BROKER=redis is none of embedded, kafka, containers"):
        Broker.chosen({"BROKER": "redis"})


@pytest.mark.parametrize("lacking", [("java",), ("mvn",), ("java", "mvn")], ids=" and ".join)
def test_without_java_or_maven_the_message_names_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name in lacking else f"/usr/bin/{name}")
    (tmp_path / "pom.xml").write_text("<project/>")
    monkeypatch.setattr(binaries, "JARS", tmp_path / "jars")
    with pytest.raises(NotHere, match=f"needs Java 17 or newer and Maven; not on the PATH: {', '.join(lacking)}\\."):
        binaries.kafka()


def test_a_run_of_tests_in_parallel_on_a_broker_that_is_not_here_fails_and_says_why(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/unit/local/test_ports.py"],
        cwd=CHECKOUT,
        env={"BROKER": "kafka", "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "needs Java 17 or newer and Maven; not on the PATH: java" in run.stdout + run.stderr
    assert "INTERNALERROR" not in run.stdout + run.stderr


def test_jars_that_are_there_need_no_maven(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "JARS", tmp_path / "jars")
    (tmp_path / "pom.xml").write_text("<project/>")
    binaries.JARS.mkdir()
    (binaries.JARS / "of-pom").write_text(binaries.state_of(tmp_path / "pom.xml"))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/java" if name == "java" else None)
    assert binaries.kafka() == (Path("/usr/bin/java"), tmp_path / "jars")


def test_no_cluster_id_looks_like_an_option() -> None:
    assert not [id for id in (new_cluster_id() for _ in range(2000)) if id.startswith("-") or len(id) != 22]
