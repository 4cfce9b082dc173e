import subprocess
import sys
from pathlib import Path

import pytest

from wattgate.adapters.data_folder import LOCK, FolderInUse, working_on

HOLD = """
import sys
from pathlib import Path
from wattgate.adapters.data_folder import working_on
with working_on(Path(sys.argv[1])) as say:
    say("http://127.0.0.1:19521/")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_at_once_may_not_work_on_a_folder(tmp_path: Path) -> None:
    with (
        working_on(tmp_path),
        pytest.raises(FolderInUse, match="in use by another wattgate process") as refused,
        working_on(tmp_path),
    ):
        raise AssertionError("let in")
    assert refused.value.url == ""


def test_whoever_comes_second_hears_where_the_manager_is(tmp_path: Path) -> None:
    with working_on(tmp_path) as say:
        say("http://127.0.0.1:1/")
        say("http://127.0.0.1:19521/")
        with (
            pytest.raises(FolderInUse, match="a manager that runs at http://"),
            working_on(tmp_path),
        ):
            raise AssertionError("let in")


def test_one_after_the_other_may_also_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), working_on(tmp_path) as say:
        say("http://127.0.0.1:1/")
        raise ZeroDivisionError
    assert (tmp_path / LOCK).read_text() == ""
    with working_on(tmp_path):
        pass


def test_a_process_that_is_killed_leaves_the_folder_free(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:  # noqa: S603 - our own words
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse), working_on(tmp_path):
            raise AssertionError("let in")
        holder.kill()
    with working_on(tmp_path):
        assert (tmp_path / LOCK).read_text() == ""


def test_nobody_else_reads_where_the_manager_is(tmp_path: Path) -> None:
    with working_on(tmp_path):
        assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o600
