"""Child processes: started on a port of their own, watched through /proc, ended by their pid."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import perf_counter, sleep

START_S = 20.0
"""How long a child may take to listen."""

STOP_S = 5.0
"""How long a child may take to end when it is told to."""

POLL_S = 0.005

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class ChildError(Exception):
    """A child did not do what it was started for; the text ends with what it said."""


def free_port() -> int:
    """Find a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Child:
    """One process of ours, and those that it starts itself."""

    def __init__(self, name: str, command: Sequence[str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self._started_at = perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_until(self, *signs: Callable[[], bool]) -> float:
        """Wait until each has been seen; seconds since the process was started.

        Raises:
            ChildError: it ended instead, or takes too long.
        """
        for is_seen in signs:
            while not is_seen():
                if self._process.poll() is not None:
                    raise ChildError(f"{self.name} ended at once: {self._last_words()}")
                if perf_counter() - self._started_at > START_S:
                    raise ChildError(f"{self.name} does not listen: {self._last_words()}")
                sleep(POLL_S)
        return perf_counter() - self._started_at

    def cpu_s(self) -> float:
        """CPU seconds used so far, user and system, by the whole process tree."""
        return sum(_stat(pid)[1] for pid in self._tree())

    def rss_mib(self) -> float:
        """Resident memory of the whole process tree, MiB; shared pages count in each process."""
        page_mib = os.sysconf("SC_PAGESIZE") / 2**20
        statms = (Path(f"/proc/{pid}/statm").read_text() for pid in self._tree())
        return sum(int(statm.split()[1]) for statm in statms) * page_mib

    def stop(self) -> None:
        """End it, at last by force."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tree(self) -> list[int]:
        everybody = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        parents = {pid: _stat(pid)[0] for pid in everybody}
        tree = [self._process.pid]
        for parent in tree:  # grows while it is walked
            tree += [pid for pid, its_parent in parents.items() if its_parent == parent]
        return tree

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip()


def accepts(port: int) -> bool:
    """Whether a TCP port of 127.0.0.1 takes connections."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


def answers(port: int, path: str) -> bool:
    """Whether an HTTP server on 127.0.0.1 says 200 to a GET."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=1.0)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def _stat(pid: int) -> tuple[int, float]:
    """Parent and CPU seconds of a process (proc_pid_stat(5)); nothing once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0
    return int(fields[1]), (int(fields[11]) + int(fields[12])) * _TICK_S
