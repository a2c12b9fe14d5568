"""Every policy check is found that `make policies` is to take out, and what is left of its file is still a program."""

import ast
import re

from tests.policies import ROOT, checks


def test_every_check_is_found():
    found = {f"{check.path}:{check.line}" for check in checks()}
    written = {
        f"{file.relative_to(ROOT)}:{number}"
        for file in (ROOT / "services").rglob("*.py")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(r"^ +raise NotAllowed\(|\bDepends\(having\(", line)
    }
    assert written
    assert written <= found


def test_what_is_left_without_it_is_a_program():
    for check in checks():
        without = check.taken_out()
        assert without != (ROOT / check.path).read_text()
        ast.parse(without)
