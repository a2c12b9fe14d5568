"""Runs Apache Kafka in a container and gives it its topics: `python -m deploy.local.container --port P --ready FILE`.

What it keeps goes with the container, so every start is a new cluster, as with the embedded broker.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

import docker
from aiokafka.errors import KafkaError
from docker.errors import NotFound
from testcontainers.core.container import DockerContainer

from deploy.local import topics
from deploy.local.kafka import new_cluster_id
from deploy.local.ports import HOST

IMAGE: Final = "apache/kafka:4.4.0"
INSIDE: Final = 9092
PATIENCE: Final = 60.0


def container(port: int, advertised: str) -> DockerContainer:
    settings = {
        "CLUSTER_ID": new_cluster_id(),
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{INSIDE},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{advertised}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_HEAP_OPTS": "-Xmx384m",
    }
    made = DockerContainer(IMAGE).with_name(name(port)).with_bind_ports(INSIDE, port)
    for setting, value in settings.items():
        made.with_env(setting, value)
    return made


def name(port: int) -> str:
    return f"mentorship-broker-{port}"


def sweep(port: int) -> None:
    """End what a wrapper that was killed left behind."""
    try:
        docker.from_env().containers.get(name(port)).remove(force=True)
    except NotFound:
        return


def set_up(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return asyncio.run(topics.create(f"{HOST}:{port}"))
        except (KafkaError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--advertised", required=True)
    parser.add_argument("--ready", type=Path, required=True)
    options = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    options.ready.unlink(missing_ok=True)
    sweep(options.port)
    with container(options.port, options.advertised):
        set_up(options.port)
        options.ready.write_text(str(os.getpid()))
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        options.ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
