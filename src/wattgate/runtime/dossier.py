"""All that is known of one transaction for a dispute, put together (R111-R118, R122)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wattgate.core.evidence.contradictions import Passage, contradictions_of
from wattgate.core.evidence.ocmf import Ocmf, read_ocmf
from wattgate.core.evidence.public_keys import read_public_key
from wattgate.core.evidence.verdicts import (
    Check,
    Judgement,
    KeySource,
    KnownKey,
    SignatureVerdict,
    judge,
    worst,
)
from wattgate.core.ocpp.frames import Call, CallResult, decode
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.site.model import Site
from wattgate.core.station.meter_keys import announced_keys
from wattgate.core.station.signed import signed_values
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import FrameRecord, FrameWay


@dataclass(frozen=True, slots=True)
class Material:
    """What is stored of a transaction, and the public keys that are known for its meter."""

    record: TransactionRecord
    frames: tuple[FrameRecord, ...]
    keys: tuple[KnownKey, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedEvidence:
    """One signed value as it came.

    `frame` is the place of its frame among the frames, from 0; `was_sent` tells whether the
    identical characters are in a frame that the backend took which bills it.
    """

    frame: int
    context: str
    text: str
    was_sent: bool
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Dossier:
    """A transaction with its signed values, and what is to be said of them."""

    material: Material
    verdict: SignatureVerdict
    signed: tuple[SignedEvidence, ...]
    contradictions: tuple[str, ...]


def payload_text(frame: FrameRecord) -> str:
    """The payload in a frame, verbatim; empty where it is no frame that carries one."""
    read = decode(frame.text)
    return read.payload_text if isinstance(read, Call | CallResult) else ""


def keys_for(
    site: Site, record: TransactionRecord, meter_configuration: str | None
) -> tuple[KnownKey, ...]:
    """The public keys for a transaction's meter: the site's own, and those announced."""
    start = record.start
    keys = [
        KnownKey(KeySource.SETTING, evse.meter_public_key)
        for evse in site.evses
        if evse.id == start.evse_id and evse.meter_public_key
    ]
    announced = announced_keys(meter_configuration or "{}", start.connector)
    return (*keys, *(KnownKey(KeySource.ANNOUNCED, text) for text in announced))


def dossier_of(material: Material, check: Check) -> Dossier:
    """Put it together; some ms per signed value, hence not for the event loop."""
    sent = {
        value.text for frame in _billed(material) for value in signed_values(payload_text(frame))
    }
    signed = tuple(
        SignedEvidence(
            number,
            value.context,
            value.text,
            value.text in sent,
            judge(value.text, material.keys, check),
        )
        for number, frame in enumerate(material.frames)
        if frame.way is FrameWay.RECEIVED
        for value in signed_values(payload_text(frame))
    )
    return Dossier(
        material,
        worst(each.judgement.verdict for each in signed),
        signed,
        _contradictions(material, [each.text for each in signed]) if signed else (),
    )


def _billed(material: Material) -> Iterator[FrameRecord]:
    """What the backend took that bills it; where none does, what any took (R106)."""
    start = material.record.start
    others = () if start.link_id is None else start.report_link_ids
    return (
        frame for frame in material.frames if frame.way is FrameWay.SENT and frame.end not in others
    )


def _contradictions(material: Material, texts: Sequence[str]) -> tuple[str, ...]:
    records = [record for text in texts if isinstance(record := read_ocmf(text), Ocmf)]
    return (*contradictions_of(_passage(material), records), *_keys_at_odds(material.keys))


def _passage(material: Material) -> Passage:
    start = material.record.start
    starts = [frame for frame in material.frames if frame.action == "StartTransaction"]
    came = next((frame for frame in starts if frame.way is FrameWay.RECEIVED), None)
    taken = next((each for each in _billed(material) if each.action == "StartTransaction"), None)
    return Passage(
        station_id=start.station_id,
        identity=_identity(start),
        south=_card_and_connector(came),
        north=_card_and_connector(taken),
        decided_here=any(frame.way is FrameWay.ANSWERED for frame in starts),
    )


def _identity(start: TransactionStart) -> str:
    """As whom the backend knows the wallbox: a link's id is `<EVSE> <identity>@<place>`.

    The EVSE may be another that had the login first (P20).
    """
    name = (start.link_id or "").rpartition("@")[0]
    if name.startswith(f"{start.evse_id} "):
        return name.removeprefix(f"{start.evse_id} ")
    return start.station_id if name.endswith(f" {start.station_id}") else name.partition(" ")[2]


def _card_and_connector(frame: FrameRecord | None) -> tuple[str, str]:
    if frame is None:
        return "", ""
    text = payload_text(frame) or "{}"
    card, connector = (read_scalar(text, (name,)) for name in ("idTag", "connectorId"))
    return str(card or ""), str(connector or "")


def _keys_at_odds(keys: Sequence[KnownKey]) -> Iterator[str]:
    own = {read_public_key(key.text) for key in keys if key.source is KeySource.SETTING}
    announced = {read_public_key(key.text) for key in keys if key.source is KeySource.ANNOUNCED}
    if own and announced and not own & announced:
        yield "The wallbox announces another public key than the meter_public_key of the site."
