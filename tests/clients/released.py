"""The OpenAPI documents of the last release, in `docs/openapi`, and what has changed since, as oasdiff says it.

`make release-documents` records those of today: a part of every release, beside a section of `docs/api-changelog.md`.
"""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from contracts.catalog import SERVICES
from deploy.local.layout import CHECKOUT
from tests.contract.openapi import document_of
from tests.support.go import built

PLACE: Final = CHECKOUT / "docs" / "openapi"
MODULE: Final = "github.com/oasdiff/oasdiff"
VERSION: Final = "v1.37.0"


def released(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PLACE / f"{service}.json").read_text())
    return document


def today(service: str) -> dict[str, Any]:
    """Give what an integrator relies on: everything but the examples."""
    return _without_examples(document_of(service))  # type: ignore[no-any-return]


def _without_examples(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_examples(below) for name, below in said.items() if name not in {"example", "examples"}}
    return [_without_examples(below) for below in said] if isinstance(said, list) else said


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Say what of the first document the second does not keep: whoever relies on it has to change something."""
    with tempfile.TemporaryDirectory(prefix="mentorship-oasdiff-") as folder:
        places = [Path(folder) / name for name in ("before.json", "after.json")]
        for place, document in zip(places, (before, after), strict=True):
            place.write_text(json.dumps(document))
        words = [str(built(MODULE, VERSION)), "breaking", *map(str, places), "--format", "json"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603 - our words
    return [f"{one['operation']} {one['path']}: {one['text']}" for one in json.loads(done.stdout or "null") or ()]


def record() -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        place = PLACE / f"{service}.json"
        place.write_text(json.dumps(today(service), indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    record()
