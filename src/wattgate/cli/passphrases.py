"""Where a passphrase comes from: the environment, or whoever sits at the terminal."""

import os
from collections.abc import Callable
from typing import Final, TypeVar

import typer

from wattgate.cli.evse_login import MisuseError, somebody_is_there
from wattgate.ports.certificates import PassphraseNeeded

T = TypeVar("T")

VARIABLE: Final = "WATTGATE_PASSPHRASE"
_TRIES: Final = 3


def unlocked(act: Callable[[str | None], T], what: str = "the key") -> T:
    """Do something with a key that may be encrypted; ask for its passphrase only if it is.

    Raises:
        MisuseError: it is encrypted, and nobody knows its passphrase.
    """
    given = os.environ.get(VARIABLE) or None
    passphrase, asked = given, 0
    while True:
        try:
            return act(passphrase)
        except PassphraseNeeded:
            _stop_if_in_vain(given, asked, what)
        if asked:
            typer.echo("That passphrase is wrong.", err=True)
        passphrase = typer.prompt(f"Passphrase of {what}", hide_input=True, err=True)
        asked += 1


def _stop_if_in_vain(given: str | None, asked: int, what: str) -> None:
    if given is not None:
        raise MisuseError(f"{what} is encrypted, and {VARIABLE} is not its passphrase")
    if not somebody_is_there():
        raise MisuseError(f"{what} is encrypted: {VARIABLE} has to say its passphrase")
    if asked == _TRIES:
        raise MisuseError(f"{what} is encrypted, and none of {_TRIES} passphrases was right")


def new_passphrase(what: str) -> str:
    """Ask for a passphrase that protects something new, twice on a terminal."""
    given = os.environ.get(VARIABLE)
    if given:
        return given
    if not somebody_is_there():
        raise MisuseError(f"{what} needs a passphrase: say it in {VARIABLE}")
    return str(
        typer.prompt(f"Passphrase for {what}", hide_input=True, confirmation_prompt=True, err=True)
    )
