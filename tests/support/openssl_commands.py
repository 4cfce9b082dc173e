"""The OpenSSL commands of the manual whose promises are kept here (P26), run as they are written
there: root key with a passphrase, configuration files in UTF-8 with umlauts, no extensions."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tests.support.terminal import run_on_terminal

PASSPHRASE: Final = "Schlüssel zur Tiefgarage"

CONFIGURATION: Final = """\
[req]
prompt = no
distinguished_name = dn
req_extensions = ext

[dn]
CN = {common_name}
emailAddress = info@tiefgarage-koeln.de
O = Tiefgarage Köln GmbH
OU = Abteilung 13
L = Köln
C = DE

[ext]
subjectAltName = DNS:tiefgarage-koeln.de,DNS:*.tiefgarage-koeln.de
"""

COMMON_NAME: Final = "Unsere Tiefgarage"

_ROOT: Final = """\
openssl genrsa -des3 -out rootCA.key {bits}
openssl req -x509 -new -nodes -key rootCA.key -sha256 -days 365 -out rootCA.crt \
-config rootCA.cnf -utf8
"""

_CLIENT: Final = """\
openssl genrsa -out client.key 2048
openssl req -new -key client.key -out client.csr -config client.cnf -utf8
openssl x509 -req -in client.csr -CA rootCA.crt -CAkey rootCA.key -CAcreateserial -out client.crt \
-days 365 -sha256
"""

_PROMPT: Final = r"pass phrase[^:\n]*:"


@dataclass(frozen=True)
class OpensslRoot:
    """`rootCA.crt` and the encrypted `rootCA.key` in a folder."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, common_name: str = COMMON_NAME, bits: int = 4096) -> Self:
        """With the manual's 4096 bits; fewer where the size is not the question: they take long."""
        folder.mkdir()
        _configure(folder / "rootCA.cnf", common_name)
        _type(folder, _ROOT.format(bits=bits))
        return cls(folder)

    @property
    def certificate(self) -> Path:
        return self.folder / "rootCA.crt"

    @property
    def key(self) -> Path:
        return self.folder / "rootCA.key"

    def client(self, common_name: str) -> tuple[Path, Path]:
        """Make and sign a certificate; the paths of it and of its key."""
        _configure(self.folder / "client.cnf", common_name)
        _type(self.folder, _CLIENT)
        kept = [self.folder / f"{common_name}.{kind}" for kind in ("crt", "key")]
        return (
            (self.folder / "client.crt").rename(kept[0]),
            (self.folder / "client.key").rename(kept[1]),
        )


def _configure(path: Path, common_name: str) -> None:
    path.write_text(CONFIGURATION.format(common_name=common_name), encoding="utf-8")


def _type(folder: Path, commands: str) -> None:
    for command in commands.splitlines():
        status, shown = run_on_terminal(
            *shlex.split(command), folder=folder, prompt=_PROMPT, answer=PASSPHRASE
        )
        assert status == 0, shown
