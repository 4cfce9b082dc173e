"""What somebody has made with the manual's OpenSSL commands, and `wattgate cert` to import it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.openssl_commands import COMMON_NAME, PASSPHRASE, OpensslRoot
from tests.support.site_processes import PASSWORD
from tests.support.terminal import run_on_terminal

Pair = tuple[Path, Path]
"""A certificate and its key."""


@dataclass(frozen=True)
class Drawer:
    """Two roots, and what they signed; `same` has the root's own [dn]."""

    root: OpensslRoot
    other_root: OpensslRoot
    server: Pair
    cp1: Pair
    anybody: Pair
    same: Pair
    foreign: Pair

    @classmethod
    def fill(cls, folder: Path) -> Self:
        root = OpensslRoot.make(folder / "root")
        other_root = OpensslRoot.make(folder / "other", "Fremde Tiefgarage", bits=2048)
        return cls(
            root,
            other_root,
            server=root.client("Lademanager"),
            cp1=root.client("CP1"),
            anybody=root.client("Stellplatz Süd"),
            same=root.client(COMMON_NAME),
            foreign=other_root.client("CP1"),
        )


def cert(data: Path, *words: str | Path) -> str:
    """Run `wattgate cert` at a terminal on a manager's data; what it showed.

    It must succeed; where it asks for a passphrase, it gets that of the roots' keys.
    """
    status, shown = run_on_terminal(
        *(Path(sys.prefix) / "bin/wattgate", "cert", *words, "--data", data),
        folder=data.parent,
        prompt=r"Passphrase[^\n]*: ",  # echoing has ended when the space comes
        answer=PASSPHRASE,
        WATTGATE_ADMIN_PASSWORD=PASSWORD,
    )
    assert status == 0, shown
    return shown
