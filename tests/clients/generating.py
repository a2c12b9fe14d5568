"""Typed clients, made from the OpenAPI documents by generators that others wrote: `make clients`, into `dist/clients`.

`python/mentorship_client` has a package for each service (openapi-python-client); `typescript` a module of types for
each, which `openapi-fetch` reads (openapi-typescript). Neither is kept: they are as good as the documents.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from contracts.catalog import SERVICES
from deploy.local.layout import CHECKOUT
from tests.contract.openapi import document_of
from tests.support import others

PLACE: Final = CHECKOUT / "dist" / "clients"
PYTHON: Final = PLACE / "python"
TYPESCRIPT: Final = PLACE / "typescript"
LOCK: Final = CHECKOUT / "requirements" / "clients.txt"
BINARY: Final = "application/octet-stream"


class NotGenerated(Exception):
    """A generator could not read a document; the text is what it says."""


def generated() -> Path:
    """Give the folder of the clients, made now if the documents or the generators are not those of last time."""
    PLACE.mkdir(parents=True, exist_ok=True)
    mark, state = PLACE / ".of", _state()
    with (PLACE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != state:
            _generate()
            mark.write_text(state)
    return PLACE


def interface_of(service: str) -> dict[str, Any]:
    """Give what of a document is for applications: the provider's own endpoints have clients of their own."""
    document = document_of(service)
    return document | {"paths": {path: item for path, item in document["paths"].items() if path.startswith("/v1/")}}


def _state() -> str:
    said = [json.dumps(interface_of(service)) for service in SERVICES]
    return hashlib.sha256("\n".join([*said, LOCK.read_text(), others.LOCK.read_text()]).encode()).hexdigest()


def _generate() -> None:
    for before in (PYTHON, TYPESCRIPT):
        shutil.rmtree(before, ignore_errors=True)
    package = PYTHON / "mentorship_client"
    package.mkdir(parents=True)
    TYPESCRIPT.mkdir()
    (package / "__init__.py").write_text('"""A client of each of the platform\'s services."""\n')
    python = _python_generator()
    typescript = others.packages() / ".bin" / "openapi-typescript"
    with tempfile.TemporaryDirectory(prefix="mentorship-clients-") as folder:
        for service in SERVICES:
            document, configuration = Path(folder) / f"{service}.json", Path(folder) / f"{service}.configuration.json"
            document.write_text(json.dumps(interface_of(service)))
            configuration.write_text(json.dumps({"post_hooks": [], "content_type_overrides": _files_in(service)}))
            _run(
                [
                    python,
                    "generate",
                    "--meta",
                    "none",
                    "--fail-on-warning",
                    "--config",
                    configuration,
                    "--path",
                    document,
                    "--output-path",
                    package / service,
                ]
            )
            _run([typescript, document, "--default-non-nullable", "false", "--output", TYPESCRIPT / f"{service}.d.ts"])


def _files_in(service: str) -> dict[str, str]:
    """Take for bytes whatever is no JSON and no text."""
    kinds = re.findall(r'"(\w+/[\w.+-]+)": \{"schema"', json.dumps(interface_of(service)))
    return {kind: BINARY for kind in sorted(set(kinds)) if not kind.endswith("json")}


def _python_generator() -> Path:
    """Give the generator, in an environment of its own: it takes older libraries than the platform does."""
    home = CHECKOUT / ".run" / "tools" / f"clients-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    program, uv = home / "bin" / "openapi-python-client", Path(sys.executable).with_name("uv")
    if not program.exists():
        _run([uv, "venv", "-q", "--clear", "--python", sys.executable, home])
        _run([uv, "pip", "install", "-q", "--require-hashes", "-r", LOCK, "--python", home / "bin" / "python"])
    return program


def _run(words: Sequence[str | os.PathLike[str]]) -> None:
    done = subprocess.run(  # noqa: S603 - our words
        words, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise NotGenerated(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.stdout.write(f"{generated()}\n")
