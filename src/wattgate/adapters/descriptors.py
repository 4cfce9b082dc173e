"""How many files and connections the process may have open."""

import resource
from contextlib import suppress


def take_all_descriptors() -> None:
    """Raise the soft limit to the hard one, as whoever does not use select() may.

    Most systems begin with 1,024, which some hundred wallboxes, a backend connection for each, and
    a flood of strangers beside them use up (S3). Where it cannot be raised it stays as it is.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
