"""Runs the Kafka-protocol broker and gives it its topics: `python -m deploy.local.broker --port P ...`.

Tansu keeps everything in memory, so every start begins with nothing, and it makes a topic of four partitions of any
name a client asks about: there is no switch against it, and aiokafka always asks that way. At a restart our clients
are already knocking. So the topics are made by the first bytes sent, and if a client was faster, the broker is thrown
away and started again.
"""

import argparse
import socket
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import uuid4

from aiokafka.protocol.admin import CreateTopicsRequest_v0, CreateTopicsResponse_v0

from contracts.catalog import TOPICS, Topic
from deploy.local import binaries
from deploy.local.ports import HOST
from deploy.local.wrapped import Wrapped

CREATED: Final = 0


def command(port: int, advertised: str) -> list[str]:
    listen = ["--listener-url", f"tcp://{HOST}:{port}", "--advertised-listener-url", f"tcp://{advertised}"]
    forgetful = ["--storage-engine", "memory://tansu/", "--cluster-id", uuid4().hex]  # a new log is a new cluster
    return [str(binaries.broker()), "broker", *listen, *forgetful]


def request(topics: Iterable[Topic]) -> bytes:
    wanted = CreateTopicsRequest_v0([(topic.name, topic.partitions, 1, [], []) for topic in topics], 5_000)
    header = wanted.build_request_header(correlation_id=1, client_id="deploy.local")
    message: bytes = header.encode() + wanted.encode()
    return struct.pack(">i", len(message)) + message


def answer(connection: socket.socket) -> CreateTopicsResponse_v0:
    with connection.makefile("rb") as stream:
        (size,) = struct.unpack(">i", stream.read(4))
        return CreateTopicsResponse_v0.decode(stream.read(size)[4:])


def connect(broker: Wrapped, port: int) -> socket.socket:
    while broker.alive():
        try:
            return socket.create_connection((HOST, port), timeout=120)
        except ConnectionRefusedError:
            time.sleep(0.0005)  # be the first in the queue
    raise ConnectionError("the broker ended")


def create_topics(broker: Wrapped, port: int, message: bytes) -> bool:
    """False when somebody else made one of them first."""
    with connect(broker, port) as connection:
        connection.sendall(message)
        return all(error == CREATED for _, error in answer(connection).topic_errors)


def set_up(broker: Wrapped, port: int) -> None:
    message = request(TOPICS)
    while not create_topics(broker, port, message):
        sys.stderr.write("a client was faster; starting again\n")
        broker.restart()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--advertised", required=True)
    parser.add_argument("--ready", type=Path, required=True)
    options = parser.parse_args()
    broker = Wrapped(command(options.port, options.advertised), options.ready)
    return broker.run(lambda started: set_up(started, options.port))


if __name__ == "__main__":
    sys.exit(main())
