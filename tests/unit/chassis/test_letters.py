"""What people wrote becomes no header of a mail."""

from pathlib import Path

import pytest

from services.chassis.mail import Letters


@pytest.mark.parametrize("evil", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\r\n\r\n"])
def test_a_subject_is_one_line_whatever_somebody_is_called(tmp_path: Path, evil: str):
    (tmp_path / "hello.txt").write_text("Hello {{ person }}\n\nWelcome.\n")
    letter = Letters(tmp_path).write("hello", "a@example.org", person=f"Ada{evil}Bcc: everybody@example.org")
    assert letter.subject.splitlines() == [letter.subject]
    assert letter.subject.startswith("Hello Ada")
    assert letter.text.endswith("Welcome.\n")
