"""The evidence of a transaction in the words of the API."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from wattgate.adapters.web.dto import Transaction
from wattgate.adapters.web.presenting import transaction_of
from wattgate.core.evidence.verdicts import KeySource, SignatureVerdict
from wattgate.ports.store import FrameRecord, FrameWay
from wattgate.runtime.dossier import Dossier, SignedEvidence, payload_text

Sha256 = Annotated[str, Meta(description="SHA-256 of the UTF-8 bytes, hexadecimal")]


class EvidenceFrame(msgspec.Struct, frozen=True):
    """One message of a transaction, character by character."""

    way: Annotated[
        FrameWay,
        Meta(
            description="received from the wallbox; sent to the backend, which took it; answered "
            "by Wattgate before the backend had decided"
        ),
    ]
    end: Annotated[str, Meta(description="ChargeBox ID, or the backend as in dead letters")]
    action: Annotated[str, Meta(description="Action of OCPP 1.6")]
    at: Annotated[datetime, Meta(description="When it was stored")]
    text: Annotated[str, Meta(description="The whole frame of OCPP-J, verbatim")]
    text_sha256: Sha256
    payload_sha256: Annotated[Sha256, Meta(description="Of the payload within the frame")]


class SignedValue(msgspec.Struct, frozen=True):
    """One signed value, and what can be said of it."""

    frame: Annotated[int, Meta(description="Its place in `frames`, from 0")]
    context: Annotated[str, Meta(description="As the wallbox wrote it; empty where it did not")]
    text: Annotated[str, Meta(description="The decoded string, the signed text with its signature")]
    text_sha256: Sha256
    was_sent: Annotated[
        bool, Meta(description="Whether the identical characters are in a frame the backend took")
    ]
    verdict: Annotated[
        SignatureVerdict,
        Meta(
            description="green: verified with a known key; yellow: not verified, `reason` says why "
            "not; red: the signature is wrong"
        ),
    ]
    reason: Annotated[str, Meta(description="For a person")]
    key_source: Annotated[
        KeySource | None,
        Meta(
            description="setting: meter_public_key; announced: by the wallbox; with_data: in the "
            "signed data themselves, which proves no origin; null: no key"
        ),
    ]
    key_sha256: Annotated[str | None, Meta(description="Of the key's bytes; null: no readable key")]


class Evidence(msgspec.Struct, frozen=True):
    """All that is kept of a transaction for a dispute."""

    transaction: Transaction
    verdict: Annotated[
        SignatureVerdict,
        Meta(description="The worst of its signed values; none: it has no signed values"),
    ]
    frames: Annotated[list[EvidenceFrame], Meta(description="In the order of their arrival")]
    signed: list[SignedValue]
    contradictions: Annotated[
        list[str], Meta(description="What was billed differently from what was signed")
    ]


def evidence_of(dossier: Dossier) -> Evidence:
    """One dossier."""
    return Evidence(
        transaction=transaction_of(dossier.material.record),
        verdict=dossier.verdict,
        frames=[_frame(frame) for frame in dossier.material.frames],
        signed=[_signed(each) for each in dossier.signed],
        contradictions=list(dossier.contradictions),
    )


def _frame(frame: FrameRecord) -> EvidenceFrame:
    return EvidenceFrame(
        way=frame.way,
        end=frame.end,
        action=frame.action,
        at=frame.at,
        text=frame.text,
        text_sha256=_digest(frame.text),
        payload_sha256=_digest(payload_text(frame)),
    )


def _signed(each: SignedEvidence) -> SignedValue:
    judgement = each.judgement
    return SignedValue(
        frame=each.frame,
        context=each.context,
        text=each.text,
        text_sha256=_digest(each.text),
        was_sent=each.was_sent,
        verdict=judgement.verdict,
        reason=judgement.reason,
        key_source=judgement.key_source,
        key_sha256=judgement.key_sha256,
    )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
