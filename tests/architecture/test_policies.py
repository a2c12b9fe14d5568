"""Every policy check is found that `make policies` is to take out, and what is left of its file is still a program."""

import ast
import re

from tests.policies import ELSEWHERE, REFUSALS, ROOT, checks


def test_every_check_is_found():
    found = {f"{check.path}:{check.line}" for check in checks()}
    written = {
        f"{file.relative_to(ROOT)}:{number}"
        for file in (ROOT / "services").rglob("*.py")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(rf"^ +raise ({'|'.join(REFUSALS)})\(|\bDepends\(having\(", line)
    } - {f"{ELSEWHERE}:{number}" for number in range(1, 999)}
    assert written
    assert written <= found


def test_every_kind_of_refusal_for_who_asks_is_among_them():
    forbidden = re.compile(r"^class (\w+)\((?:NotAllowed|Forbidden)\)", re.MULTILINE)
    kinds = {kind for file in (ROOT / "services").rglob("*.py") for kind in forbidden.findall(file.read_text())}
    assert kinds - REFUSALS == {"NobodySignedIn", "PasswordNeeded", "SecondFactorNeeded", "SignatureWrong"}, (
        "These refuse for how somebody proved who they are; a refusal for who asks belongs to `tests.policies.REFUSALS`"
    )


def test_what_is_left_without_it_is_a_program():
    for check in checks():
        without = check.taken_out()
        assert without != (ROOT / check.path).read_text()
        ast.parse(without)
