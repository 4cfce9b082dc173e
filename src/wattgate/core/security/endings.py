"""Everything that expires one day, and what somebody has to do about it then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from wattgate.core.security.certificates import CertificateFacts, Held, IssuedEntry, Origin, Role
from wattgate.core.security.expiry import Stage, expiry_words, stage_of

AUTHORITY: Final = "authority"
"""Name of the place where the built-in authority and what it has issued are."""


@dataclass(frozen=True, slots=True)
class Stock:
    """All certificates there are: by set, and of the authority that is built in."""

    sets: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    authority: CertificateFacts | None = None
    issued: tuple[IssuedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate, and what its end means.

    `place` is a set's name or `AUTHORITY`; `kind` is "own", "chain", "authority", or what an issued
    one is for. One that `renews_itself` is no concern of anybody until that must have failed.
    """

    place: str
    kind: str
    facts: CertificateFacts
    advice: str
    renews_itself: bool = False

    def stage(self, now: datetime) -> Stage:
        """How loudly its end is to be said."""
        stage = stage_of(self.facts.not_after, now)
        return Stage.FINE if self.renews_itself and stage < Stage.URGENT else stage

    def warning(self, now: datetime) -> str | None:
        """A sentence for whoever looks after the site; None while there is nothing to do."""
        if self.stage(now) is Stage.FINE:
            return None
        name = self.facts.common_name or self.facts.subject or self.facts.id
        return f'{self.kind} "{name}" {expiry_words(self.facts.not_after, now)}: {self.advice}'


def endings(stock: Stock) -> tuple[Ending, ...]:
    """Everything that somebody will have to look after, or that renews itself.

    Left out are what the authority has issued and revoked, what it has issued again since for the
    same purpose and name, and what stands in a set of ours anyway.
    """
    return (
        *(ending for name, held in stock.sets.items() for ending in _of_set(name, held)),
        *_of_authority(stock),
    )


_OWN: Final[Mapping[Origin, str]] = {
    Origin.SELF_SIGNED: "it should have been renewed by itself; see the log",
    Origin.IMPORTED: "import its successor",
    Origin.ISSUED: "issue its successor and put it in place",
    Origin.INSTALLED: "the backend has to have a new one requested",
}

_TRUSTED: Final = "nobody whom it vouches for is believed after that; import its successor"
_CHAIN: Final = "it is sent along with an own certificate; import that again with a newer chain"
_ISSUER: Final = "everything that it has issued ends with it; create another one"
_ISSUED: Final = "issue its successor, unless nobody needs it any more"


def _of_set(name: str, held: tuple[Held, ...]) -> Iterator[Ending]:
    for each in held:
        if each.role is Role.AUTHORITY:
            yield Ending(name, "authority", each.facts, _TRUSTED)
            continue
        is_ours = each.origin is Origin.SELF_SIGNED
        yield Ending(name, "own", each.facts, _OWN[each.origin], renews_itself=is_ours)
        yield from (Ending(name, "chain", facts, _CHAIN) for facts in each.chain)


def _of_authority(stock: Stock) -> Iterator[Ending]:
    if stock.authority is not None:
        yield Ending(AUTHORITY, "authority", stock.authority, _ISSUER)
    in_sets = {each.facts.fingerprint for held in stock.sets.values() for each in held}
    for entry in _latest(stock.issued):
        if entry.facts.fingerprint not in in_sets:
            yield Ending(AUTHORITY, entry.purpose, entry.facts, _ISSUED)


def _latest(issued: tuple[IssuedEntry, ...]) -> Iterator[IssuedEntry]:
    """Of those that are not revoked, the one that lasts longest for each purpose and name."""
    latest: dict[tuple[str, str, tuple[str, ...]], IssuedEntry] = {}
    for entry in issued:
        key = (entry.purpose, entry.facts.subject, entry.facts.names)
        known = latest.get(key)
        if entry.is_revoked or (known and known.facts.not_after >= entry.facts.not_after):
            continue
        latest[key] = entry
    yield from latest.values()
