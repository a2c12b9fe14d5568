"""Threads that hash leave the cores to whoever answers requests."""

import os
import subprocess
import sys

import pytest

HASHING = """
import os
os.nice({niceness})
from services.identity.hashing import Hasher
print(Hasher()._threads.submit(os.getpriority, os.PRIO_PROCESS, 0).result())
"""


@pytest.mark.parametrize("more", [0, 15])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a niceness of each thread")
def test_they_step_back_and_are_never_less_nice_than_their_process(more: int):
    of_the_process = min(19, os.getpriority(os.PRIO_PROCESS, 0) + more)
    words = [sys.executable, "-c", HASHING.format(niceness=more)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - ours

    assert int(said.stdout) == max(of_the_process, 10)
