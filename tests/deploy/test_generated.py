"""What was generated from the code is what the code says now."""

from pathlib import Path

import pytest

from tests.deploy.generated import ROOT, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_deploy_files_say_of_the_code_is_true(path: Path):
    assert path.read_text() == files()[path], "python -m tests.deploy.generated"
