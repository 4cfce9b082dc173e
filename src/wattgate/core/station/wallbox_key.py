"""A key that we make for a wallbox, and how it takes the place of its password (A01 of SEC).

"Improved security for OCPP 1.6-J" A01 lets the central system write AuthorizationKey; the wallbox
then comes back with it. Not every wallbox does, and what was sent may have arrived although no
answer came. So the key opens the door beside what was there before, until the wallbox has come
with the one or the other. A key that it did not come with is set aside, and is still good: a
wallbox that takes it up at a restart weeks later is not locked out, and nobody else has it.
"""

from enum import StrEnum
from typing import Final

import msgspec


class KeyStep(StrEnum):
    """How far a new key is on its way into the wallbox."""

    SHOWN = "shown"
    """Somebody was told it, and will enter it at the wallbox."""
    SENT = "sent"
    """The wallbox was told it, and may have understood."""
    TAKEN = "taken"
    """It has accepted, and should come back with it."""
    AFTER_RESTART = "after-restart"
    """It has accepted, and uses it after its next restart."""
    SET_ASIDE = "set-aside"
    """It came with what it had before, or did not come; the key stays good."""


class Answer(StrEnum):
    """How a wallbox took the key: the status of ChangeConfiguration.conf, as far as it matters."""

    ACCEPTED = "Accepted"
    REBOOT_REQUIRED = "RebootRequired"
    REFUSED = "refused"
    """Rejected, NotSupported, or a CALLERROR: it has certainly not taken it."""
    UNKNOWN = "unknown"
    """None came, or one that says nothing."""
    UNSENT = "unsent"
    """It never left."""


class NextKey(msgspec.Struct, frozen=True):
    """A key on its way; `kept` as `PasswordKey` keeps it.

    `earlier` are those from before it that the wallbox has not come with, oldest first: it may have
    one of them all the same.
    """

    kept: str
    step: KeyStep
    earlier: tuple[str, ...] = ()


class WallboxKey(msgspec.Struct, frozen=True):
    """Which keys of ours a wallbox has, as it is stored.

    `own_password` is the wallbox's own in the site, as it is kept: another one there is newer, and
    wins. `present` is the key that it has come with, empty where the site's password holds.
    """

    own_password: str
    present: str = ""
    next: NextKey | None = None

    def __repr__(self) -> str:
        return f"WallboxKey({'key' if self.present else 'password'}, next={self.step})"

    @property
    def step(self) -> KeyStep | None:
        """How far the next key is; None where there is none."""
        return self.next.step if self.next is not None else None

    @property
    def next_kept(self) -> str:
        """The next key as it is kept; empty where there is none."""
        return self.next.kept if self.next is not None else ""

    @property
    def it_may_have(self) -> tuple[str, ...]:
        """Every key that it may have instead of what it last came with, the newest first."""
        return (self.next.kept, *reversed(self.next.earlier)) if self.next is not None else ()

    @property
    def is_on_its_way(self) -> bool:
        """Whether the wallbox was told a key, and may come with it any moment: no time for another.

        One that says it needs a restart may have the key already.
        """
        return self.step in _ON_ITS_WAY

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not self.present and self.next is None


EARLIER: Final = 3
"""How many keys are remembered that a wallbox was told and did not come with, before the next."""

NO_KEY: Final = WallboxKey("")
"""Of a wallbox that was never given one."""

_ON_ITS_WAY: Final = frozenset({KeyStep.SENT, KeyStep.TAKEN, KeyStep.AFTER_RESTART})
_AFTER: Final = {
    Answer.ACCEPTED: KeyStep.TAKEN,
    Answer.REBOOT_REQUIRED: KeyStep.AFTER_RESTART,
    Answer.UNKNOWN: KeyStep.SENT,
}


def offered(before: WallboxKey, own_password: str, kept: str, step: KeyStep) -> WallboxKey:
    """Let a new key open the door, beside everything that does so now."""
    earlier = tuple(reversed(before.it_may_have[:EARLIER]))
    return WallboxKey(own_password, before.present, NextKey(kept, step, earlier))


def answered(key: WallboxKey, kept: str, answer: Answer) -> WallboxKey:
    """The wallbox has answered, or not, what it was told of the key `kept`."""
    following = key.next
    if following is None or following.kept != kept or following.step is not KeyStep.SENT:
        return key  # it has come with it meanwhile, or another one was made
    if answer in _AFTER:
        return _with_next(key, NextKey(kept, _AFTER[answer], following.earlier))
    *earlier, last = ("", *following.earlier)
    return _with_next(key, NextKey(last, KeyStep.SET_ASIDE, tuple(earlier[1:])) if last else None)


def came_with(key: WallboxKey, kept: str) -> WallboxKey:
    """The wallbox has come with one of the keys that it may have: what it had before is forgotten.

    Keys that it was told after this one it may still take up.
    """
    following = key.next
    if following is None or kept not in key.it_may_have:
        return key
    if kept == following.kept:
        return WallboxKey(key.own_password, kept)
    later = following.earlier[following.earlier.index(kept) + 1 :]
    return WallboxKey(key.own_password, kept, NextKey(following.kept, following.step, later))


def came_with_present(key: WallboxKey) -> WallboxKey:
    """It has come with what it had before."""
    return _set_aside(key, KeyStep.SENT, KeyStep.TAKEN)


def restarted_with_present(key: WallboxKey) -> WallboxKey:
    """It has restarted, and come with what it had before."""
    return _set_aside(key, KeyStep.SENT, KeyStep.TAKEN, KeyStep.AFTER_RESTART)


def stayed_away(key: WallboxKey) -> WallboxKey:
    """It has not come back in time."""
    return _set_aside(key, KeyStep.SENT, KeyStep.TAKEN)


def write(key: WallboxKey) -> str:
    """As it is stored."""
    return msgspec.json.encode(key).decode()


def read(text: str | None, own_password: str) -> WallboxKey:
    """What was stored, where it still counts; a password newly written in the site wins."""
    try:
        key = msgspec.json.decode(text or "null", type=WallboxKey | None)
    except msgspec.MsgspecError:
        key = None
    if key is None or key.own_password != own_password:
        return WallboxKey(own_password)
    return key


def _set_aside(key: WallboxKey, *steps: KeyStep) -> WallboxKey:
    if key.next is None or key.step not in steps:
        return key
    return _with_next(key, NextKey(key.next.kept, KeyStep.SET_ASIDE, key.next.earlier))


def _with_next(key: WallboxKey, following: NextKey | None) -> WallboxKey:
    return WallboxKey(key.own_password, key.present, following)
