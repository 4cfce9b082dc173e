"""Finding blocks in PEM text as people have it (RFC 7468), whatever surrounds them."""

import base64
import binascii
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from typing import Final

_BLOCK: Final = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL
)
_HEADER: Final = re.compile(r"^[A-Za-z0-9-]+:")
_ENCODINGS: Final = ((BOM_UTF8, "utf-8-sig"), (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Block:
    """One block: what its first line names, and its text, put right."""

    label: str
    text: str = field(repr=False)
    is_encrypted: bool = False

    @property
    def der(self) -> bytes:
        """What the block carries.

        Raises:
            ValueError: it is not Base64.
        """
        lines = [line for line in self.text.splitlines()[1:-1] if not _HEADER.match(line)]
        try:
            return base64.b64decode("".join(lines), validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from None


def blocks(data: bytes) -> list[Block]:
    """Every block, in its order; white space, line ends and text around them do not count."""
    found = _BLOCK.finditer(_text(data))
    return [_block(match["label"], match["body"]) for match in found]


def _text(data: bytes) -> str:
    """Editors of Windows begin with a byte order mark, and some write UTF-16."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "latin-1")
    return data.decode(encoding, "replace")


def _block(label: str, body: str) -> Block:
    lines = [line.strip() for line in body.strip().splitlines()]
    text = "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
    is_encrypted = label == "ENCRYPTED PRIVATE KEY" or any(map(_says_encrypted, lines))
    return Block(label, text, is_encrypted)


def _says_encrypted(line: str) -> bool:
    """As the traditional form does (RFC 1421 4.6.1.1)."""
    return line.startswith("Proc-Type:") and "ENCRYPTED" in line
