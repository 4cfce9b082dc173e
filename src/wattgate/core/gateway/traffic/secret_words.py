"""Which configuration keys and members of messages hold something that nobody may read."""

from functools import lru_cache
from typing import Final

_IN_KEYS: Final = ("pass", "pincode", "pwd", "secret", "token", "credential", "psk", "key")
_ENDS_OF_KEYS: Final = ("pin", "puk", "pw")
"""Words that are too short to be looked for everywhere; a number may follow."""
_PUBLIC_KEYS: Final = ("publickey", "maxkeys")
"""What contains such a word and is harmless: keys to check signed values with, and a number."""

_IN_MEMBERS: Final = (
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "credential",
    "psk",
    "privatekey",
    "authorizationkey",
)


def is_secret_key(name: str) -> bool:
    """Whether the value of this configuration key is to be hidden: passwords, keys, PINs.

    Vendors name theirs as they like, so one hidden too many is meant. Case and punctuation do not
    count.
    """
    bare = _bare(name)
    if any(word in bare for word in _PUBLIC_KEYS):
        return False
    return bare.rstrip("0123456789").endswith(_ENDS_OF_KEYS) or any(
        word in bare for word in _IN_KEYS
    )


@lru_cache(maxsize=1024)
def is_secret_member(name: str) -> bool:
    """Whether the member of this name is a secret in any message, whatever stands beside it."""
    bare = _bare(name)
    return any(word in bare for word in _IN_MEMBERS)


def _bare(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
