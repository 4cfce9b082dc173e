"""What all process tests lean on."""

import itertools
import os
import subprocess
import sys

import pytest
from tests.support import processes
from tests.support.processes import free_port


def test_runs_beside_each_other_never_get_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens on it yet, and it is taken all the same."""
    monkeypatch.setattr(processes, "_numbers", itertools.count(4711))
    ours = free_port()
    code = (
        "import itertools; from tests.support import processes;"
        "processes._numbers = itertools.count(4711); print(processes.free_port())"
    )
    words = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.run(words, capture_output=True, check=True, env=env)  # noqa: S603 - fixed words
    assert int(other.stdout) > ours
