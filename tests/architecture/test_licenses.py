"""No library comes in under a license that nobody looked at."""

import pytest

from tests.architecture.licenses_page import ROOT, SHIPPED, TOOLS, is_allowed, licenses_of, names_in, page

PAGE = (ROOT / "docs" / "licenses.md").read_text()


@pytest.mark.parametrize("name", names_in("production"))
def test_what_is_shipped_may_be(name: str):
    found = licenses_of(name)
    assert found is None or is_allowed(found, SHIPPED), f"{name} is under {found}"


@pytest.mark.parametrize("name", names_in("dev"))
def test_what_is_used_may_be(name: str):
    found = licenses_of(name)
    assert found is None or is_allowed(found, {**SHIPPED, **TOOLS}), f"{name} is under {found}"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [("MIT", True), ("MIT OR GPL-3.0-only", True), ("MIT AND GPL-3.0-only", False), ("SSPL-1.0", False)],
)
def test_a_choice_is_allowed_by_one_and_a_sum_by_all(expression: str, allowed: bool):
    assert is_allowed(expression, SHIPPED) is allowed


def test_every_library_is_listed_as_it_says_itself():
    """Some are for other systems or versions of Python, so that the page may list more than is installed here."""
    assert [line for line in page().splitlines() if line not in PAGE.splitlines()] == []
    listed = {line.split(" | ")[0].strip("| ") for line in PAGE.partition("## In the image")[2].splitlines()}
    assert listed - {"library", ""} - set(names_in("dev")) == {line for line in listed if line.startswith(("#", "-"))}
