"""Apache Kafka started as its image starts it: `CLUSTER_ID` and every `KAFKA_…` in the environment say how."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.local.kafka.__main__ import java


def settings(environ: Mapping[str, str]) -> dict[str, str]:
    prefix = "KAFKA_"
    return {
        name.removeprefix(prefix).lower().replace("_", "."): value
        for name, value in environ.items()
        if name.startswith(prefix)
    }


def main() -> None:
    file = Path(tempfile.mkdtemp()) / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings(os.environ).items()))
    cluster = ("--cluster-id", os.environ["CLUSTER_ID"])
    words = java("kafka.tools.StorageTool", "format", "--ignore-formatted", *cluster, "--config", str(file))
    subprocess.run(words, check=True)  # noqa: S603 - ours
    broker = java("kafka.Kafka", str(file))
    os.execv(broker[0], broker)  # noqa: S606 - it becomes the container's process, as in the image


if __name__ == "__main__":
    main()
