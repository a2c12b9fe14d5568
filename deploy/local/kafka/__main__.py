"""Formats the storage, runs the broker and gives it its topics: `python -m deploy.local.kafka --port P ...`."""

import argparse
import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError

from deploy.local import binaries, topics
from deploy.local.kafka import new_cluster_id
from deploy.local.ports import HOST
from deploy.local.wrapped import Wrapped

# A small heap, a collector and a compiler that leave the two cores of a laptop to the services.
JVM: Final = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
QUIET: Final = "-Dorg.apache.logging.log4j.level=WARN"


def properties(port: int, advertised: str, controller: int, data: Path) -> dict[str, object]:
    """The broker's settings: one node, which is sure of itself, and nothing that was sized for a data center."""
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{advertised}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "log.dirs": data / "log",
        "auto.create.topics.enable": "false",
        "min.insync.replicas": 1,
        "offsets.topic.num.partitions": 1,
        "offsets.topic.replication.factor": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,  # tests kill members and wait for their end
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
        "broker.session.timeout.ms": 3000,  # after kill -9 the next start waits for it
        "broker.heartbeat.interval.ms": 500,
    }


def java(*words: str) -> list[str]:
    program, jars = binaries.kafka()
    return [str(program), *JVM, QUIET, "-cp", f"{jars}/*", *words]


def set_down(settings: Mapping[str, object], data: Path) -> Path:
    """Write the settings anew, for the ports may have moved, and format the storage where that was not done."""
    data.mkdir(parents=True, exist_ok=True)
    file = data / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    if not (data / "log" / "meta.properties").exists():
        cluster = ("--cluster-id", new_cluster_id())
        subprocess.run(java("kafka.tools.StorageTool", "format", *cluster, "--config", str(file)), check=True)  # noqa: S603  ours
    return file


def set_up(broker: Wrapped, port: int) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells each time that nobody listens yet
    while broker.alive():
        try:
            socket.create_connection((HOST, port), timeout=1).close()  # far cheaper than a client's question
            return asyncio.run(topics.create(f"{HOST}:{port}"))
        except (KafkaError, OSError):
            time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--advertised", required=True)
    parser.add_argument("--controller-port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ready", type=Path, required=True)
    options = parser.parse_args()
    settings = properties(options.port, options.advertised, options.controller_port, options.data)
    broker = Wrapped(java("kafka.Kafka", str(set_down(settings, options.data))), options.ready)
    return broker.run(lambda started: set_up(started, options.port))


if __name__ == "__main__":
    sys.exit(main())
