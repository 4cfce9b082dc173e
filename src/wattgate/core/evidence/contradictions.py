"""Where what was billed does not agree with what was signed (R116).

A signature covers the card, how it was authorised, and perhaps the charge point. What the gateway
rewrites on the way to the backend is right for the backend and wrong for the signed text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from wattgate.core.evidence.ocmf import Ocmf
from wattgate.core.site.model import EvseSettings


@dataclass(frozen=True, slots=True)
class Passage:
    """How a transaction went from the wallbox to the backend.

    `south` and `north` are what the wallbox sent and the backend took as StartTransaction: the
    card and the connector, each empty where nothing is known. `identity` is the charge point that
    the backend sees, empty without a backend; `decided_here` that the wallbox was told whether it
    may charge before the backend had said so.
    """

    station_id: str
    identity: str
    south: tuple[str, str]
    north: tuple[str, str]
    decided_here: bool = False


@dataclass(frozen=True, slots=True)
class AtBackend:
    """Who an EVSE is for one backend: the charge point and its connector there."""

    identity: str
    connector: int


def rewrites_of(settings: EvseSettings, there: AtBackend, free_tag: str = "") -> tuple[str, ...]:
    """What the gateway rewrites on the way from an EVSE to a backend, in words for its owner.

    `free_tag` is what its wallbox sends where no card was presented; empty: it has none (R57).
    """
    rows = (
        (
            bool(settings.fixed_rfid and free_tag),
            f'the card "{settings.fixed_rfid}" takes the place of "{free_tag}"',
        ),
        (
            settings.ocpp_connector != there.connector,
            f"connector {settings.ocpp_connector} is {there.connector} for the backend",
        ),
        (
            settings.own_identity != there.identity,
            f'"{settings.own_identity}" is "{there.identity}" for the backend',
        ),
    )
    return tuple(sentence for applies, sentence in rows if applies)


def contradictions_of(passage: Passage, records: Sequence[Ocmf]) -> tuple[str, ...]:
    """What does not agree in one transaction with signed data, in words for a person."""
    found = [sentence for row in _ROWS for sentence in row(passage)]
    for record in records:
        found += [*_signed_card(passage, record), *_signed_charge_point(passage, record)]
    return tuple(dict.fromkeys(found))


def _card(passage: Passage) -> Iterator[str]:
    south, north = passage.south[0], passage.north[0]
    if south and north and south != north:
        yield f'The wallbox sent the card "{south}", the backend got "{north}".'


def _connector(passage: Passage) -> Iterator[str]:
    south, north = passage.south[1], passage.north[1]
    if south and north and south != north:
        yield f"The wallbox named its connector {south}, the backend got {north}."


def _identity(passage: Passage) -> Iterator[str]:
    if passage.identity and passage.identity != passage.station_id:
        yield (
            f'The wallbox calls itself "{passage.station_id}", the backend knows it as '
            f'"{passage.identity}".'
        )


def _decision(passage: Passage) -> Iterator[str]:
    if passage.identity and passage.decided_here:
        yield (
            "Wattgate let the card in before the backend had decided; the wallbox may have signed "
            "that the backend did."
        )


_ROWS: Final[tuple[Callable[[Passage], Iterator[str]], ...]] = (
    _card,
    _connector,
    _identity,
    _decision,
)


def _signed_card(passage: Passage, record: Ocmf) -> Iterator[str]:
    """OCMF, table 4: `IS` whether a user was assigned, `ID` who; makers put words around it."""
    signed, told = record.about.get("ID"), passage.north[0]
    if record.about.get("IS") is not True or not isinstance(signed, str) or not signed or not told:
        return
    if told.casefold() not in signed.casefold():
        yield f'The signed data name "{signed}", the backend got the card "{told}".'


def _signed_charge_point(passage: Passage, record: Ocmf) -> Iterator[str]:
    """OCMF, table 18: `CBIDC` is ChargeBox ID and connector with a space between."""
    signed, connector = record.about.get("CI"), passage.north[1]
    if record.about.get("CT") != "CBIDC" or not connector or not passage.identity:
        return
    if signed != f"{passage.identity} {connector}":
        yield (
            f'The signed data name the charge point "{signed}", for the backend it is '
            f'"{passage.identity} {connector}".'
        )
