"""A command that ends with the process that started it, however that one ends.

Started as `python -m wattgate.cli.demo_child FD COMMAND …`. `FD` is the read end of a pipe that
carries nothing: its other end is open in the parent alone, and the system closes it even where the
parent was killed.
"""

import os
import signal
import sys
import threading


def main() -> None:
    """Run a command as `wattgate COMMAND …` does, until it or the parent ends."""
    lifeline, *arguments = sys.argv[1:]
    watch = threading.Thread(target=_end_with_parent, args=(int(lifeline),), daemon=True)
    watch.start()
    sys.argv[1:] = arguments

    from wattgate.cli.main import main as command

    command()


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
