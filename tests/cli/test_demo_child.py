import os
import subprocess
import sys
from typing import Final

LIMIT_S: Final = 60


def start(lifeline: int, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-m", "wattgate.cli.demo_child", str(lifeline), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(lifeline,),
    )


def test_a_command_runs_as_from_the_command_line() -> None:
    lifeline, our_end = os.pipe()
    with start(lifeline, "--version") as child:
        said, _ = child.communicate(timeout=LIMIT_S)
    assert (child.returncode, said.split()[0]) == (0, "wattgate")
    os.close(lifeline)
    os.close(our_end)


def test_it_ends_when_the_other_end_of_its_lifeline_is_closed() -> None:
    lifeline, our_end = os.pipe()
    with start(lifeline, "backend", "--port", "0") as child:
        assert child.stdout is not None
        assert "listens on" in child.stdout.readline()
        os.close(our_end)
        assert child.wait(LIMIT_S) == 0
    os.close(lifeline)
