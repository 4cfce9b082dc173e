"""A process that may open nothing any more, as in a flood of connections."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def out_of_descriptors() -> Iterator[None]:
    """What is open stays so; whatever would be opened fails with EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
