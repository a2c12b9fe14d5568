"""How much of the machine is left by the bus: `python -m benchmarks.bus [--scale 0.1]`, on Apache Kafka."""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from benchmarks import commanding, streaming
from benchmarks.measured import Measured, draw, show
from deploy.local.platform import Platform


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0, help="less events and seconds, for a try")
    scale = parser.parse_args().scale
    os.environ.setdefault("BROKER", "kafka")
    rows: list[Measured] = []
    for part in (commanding, streaming):
        with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), part.NEEDED) as platform:
            rows += asyncio.run(part.measure(platform, scale))
    show(rows)
    draw(rows, "bus")


if __name__ == "__main__":
    main()
