"""Collecting everything that is wrong with a site, so that the user hears it all at once."""

from collections.abc import Iterable
from difflib import get_close_matches

from wattgate.core.errors import Problem
from wattgate.core.site.settings import Table

Path = tuple[str, ...]
"""Where in a site: `('evse "stall-1"', 'gateway 1', 'url')`."""


class Findings:
    """Problems by place.

    A place with a problem holds a stand-in value from then on; rules ask `sound` before they
    judge it, so that one mistake is reported once.
    """

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._doubted: set[Path] = set()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, in the order of finding."""
        return tuple(self._problems)

    def add(self, path: Path, message: str) -> None:
        """Report a problem at `path`, whose value is no longer to be judged."""
        self._problems.append(Problem(in_words(path), message))
        self.doubt(path)

    def doubt(self, path: Path) -> None:
        """Do not judge the value at `path`: a problem elsewhere stands for it."""
        self._doubted.add(path)

    def sound(self, paths: Iterable[Path]) -> bool:
        """Whether no problem is known at these places, or at a table that they are in."""
        return not any(
            path[:length] in self._doubted for path in paths for length in range(1, len(path) + 1)
        )


def in_words(path: Path) -> str:
    """Join a path as the user reads it."""
    return " › ".join(path)


def entry(about: Table, number: int, name: object) -> str:
    """Name one entry of a list of tables: by its name, or by its number from 1 on."""
    readable = isinstance(name, str) and name and name.isprintable()
    return f'{about.key} "{name}"' if readable else f"{about.key} {number}"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant."""
    by_small = {each.lower(): each for each in known}
    close = get_close_matches(word.lower(), by_small, n=1)
    return by_small[close[0]] if close else None
