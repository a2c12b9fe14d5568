"""Takes policy checks out of a copy of the code, one at a time, and says which cell of the authorization table fails.

`python -m tests.policies --checks 10 --seed 1`, or `make policies`. A check refuses because of who asks: it raises
`NotAllowed` or a kind of it, sends away who has no token or no fresh factor, or says that there is nothing to be seen;
or it is the role that a route demands. Exits with 1 where no cell fails: then a cell is missing, or another check
refuses the same and this one is not needed.
"""

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).parents[1]
REFUSALS: Final = frozenset(
    {
        "Unauthenticated",
        "InsufficientUserAuthentication",
        "NotAllowed",
        "ConflictOfInterest",
        "NotInvited",
        "OwnAccount",
        "OwnProject",
        "OwnRoles",
        "OwnStipend",
        "SameApprover",
    }
)
SEEN: Final = re.compile(
    r"must_be_(seen_by|open_to|administered_by|answered_by)|must_seek_mentors|visible_to|is_seen|seen_"
)
ANYBODY: Final = '__import__("services.chassis.http", fromlist=["http"]).signed_in'
ELSEWHERE: Final = "services/chassis/tokens.py"
"""Whether a token holds is asked by its own tests."""
TABLES: Final = {
    "identity": ("identity/test_authorization.py", "identity/test_who_may_see_profiles.py"),
    **{name: (f"{name}/test_authorization.py",) for name in ("projects", "applications", "stipends")},
}
CELL: Final = re.compile(r"'((?:GET|POST|PUT|PATCH|DELETE) \S+ as \w+: [^']*)'")


NO_CELL: Final = "NO CELL of the table tells of it"


@dataclass(frozen=True)
class Check:
    """Where it is, what it is, and what the line is without it."""

    path: Path
    line: int
    what: str
    instead: tuple[tuple[int, int, int, int], str]

    def taken_out(self) -> str:
        """Give the file without it."""
        (first, begin, last, end), text = self.instead
        lines = (ROOT / self.path).read_text().splitlines(keepends=True)
        lines[first - 1 : last] = [lines[first - 1][:begin] + text + lines[last - 1][end:]]
        return "".join(lines)

    @property
    def tables(self) -> list[str]:
        service = self.path.parts[1]
        names = [service] if service in TABLES else list(TABLES)
        return [f"tests/component/{file}" for name in names for file in TABLES[name]]


def checks() -> Iterator[Check]:
    for file in sorted((ROOT / "services").rglob("*.py")):
        if file != ROOT / ELSEWHERE:
            yield from _below(file.relative_to(ROOT), ast.parse(file.read_text()), "")


def _below(path: Path, node: ast.AST, within: str) -> Iterator[Check]:
    """Find those of a node, which is within the function of this name."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            within = name
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name))) if name in REFUSALS or (
            name.endswith("Unknown") and SEEN.search(within)
        ):
            yield Check(path, node.lineno, f"{within}: {name}", (_place(node), "pass"))
        case ast.Call(func=ast.Name(id="having"), args=[role]):
            yield Check(path, node.lineno, f"{within}: having {ast.unparse(role)}", (_place(node), ANYBODY))
    for child in ast.iter_child_nodes(node):
        yield from _below(path, child, within)


def _place(node: ast.expr | ast.stmt) -> tuple[int, int, int, int]:
    assert node.end_lineno
    assert node.end_col_offset
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def failures(check: Check) -> list[str]:
    """Ask all cells of the service without the check, and name those that fail."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "without"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "node_modules", "results"))
        (root / check.path).write_text(check.taken_out())
        command = [sys.executable, "-m", "pytest", "-vv", "-k", "what or table", *check.tables]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  ours
        cells = list(dict.fromkeys(CELL.findall(done.stdout)))
        if done.returncode and not cells:
            sys.exit(f"The tables could not be asked:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return cells


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checks", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - repeats a run
    asked = parser.parse_args()
    every = list(checks())
    chosen = random.Random(asked.seed).sample(every, min(asked.checks, len(every)))  # noqa: S311 - repeats a run
    table = Table("taken out", "cells that fail", "the first of them", title=f"{len(every)} checks, seed {asked.seed}")
    silent = 0
    for check in chosen:
        failed = failures(check)
        silent += not failed
        table.add_row(f"{check.path}:{check.line} {check.what}", str(len(failed)), failed[0] if failed else NO_CELL)
    Console(width=180).print(table)
    sys.exit(bool(silent))


if __name__ == "__main__":
    main()
