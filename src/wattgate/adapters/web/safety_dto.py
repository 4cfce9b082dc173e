"""How an EVSE takes its limits, and what became of an operation, in the words of the API."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.obedience import Verdict
from wattgate.core.charging.proof_steps import Step
from wattgate.ports.evse import Confirmation, LimitOutcome

_OUTCOME = (
    "accepted; refused by the wallbox; unanswered: it may have obeyed or not; unsent: it cannot "
    "have seen it"
)
_CONFIRMED_BY = (
    "By what it is known to be true; contradicted: the wallbox's composite schedule says otherwise"
)


class Obedience(msgspec.Struct, frozen=True):
    """Offered against measured current."""

    verdict: Annotated[
        Verdict, Meta(description="unverified: nothing has been measured yet that would tell")
    ]
    words: Annotated[str, Meta(description="The same with its figures, for a person")]
    drawn_a: Annotated[float | None, Meta(description="A per phase that led to the verdict")]
    offered_a: Annotated[float | None, Meta(description="What it might have drawn then")]
    exhausted: Annotated[
        bool, Meta(description="It does not obey, and every way to say its limit has been tried")
    ]


class RemovedLimits(msgspec.Struct, frozen=True):
    """How removing our limits ended."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    confirmed_by: Annotated[Confirmation, Meta(description=_CONFIRMED_BY)]


class ProofState(msgspec.Struct, frozen=True):
    """A guided proof under way, or the last one."""

    step: Step
    says: Annotated[str, Meta(description="What goes on, and what is to be done by a person")]
    done: Annotated[bool, Meta(description="Whether it has ended, one way or another")]
    expiry: Annotated[Proof, Meta(description="A grant that is not renewed ends by itself")]
    persistence: Annotated[Proof, Meta(description="So it does after a power cycle")]
    reason: Annotated[str, Meta(description="Why something was not proven; else empty")]


class Safety(msgspec.Struct, frozen=True):
    """What is known of how an EVSE takes its limits.

    `expiry`, `persistence` and `proved_with` belong to the wallbox's model and firmware.
    """

    obedience: Obedience
    method: Annotated[str, Meta(description="How it is told its limits; empty before the first")]
    standing_confirmed_by: Annotated[
        Confirmation, Meta(description="The limit that was set when it was taken over, likewise")
    ]
    expiry: Annotated[Proof, Meta(description="A grant that is not renewed ends by itself")]
    persistence: Annotated[Proof, Meta(description="What it was told survives a power cycle")]
    proved_with: Annotated[str, Meta(description="The method of both proofs; empty without one")]
    is_harmless_when_silent: Annotated[
        bool,
        Meta(
            description="Both are proven for its present method: away, it counts for its grant as "
            "long as that lasts, then for its fallback; else for its maximum"
        ),
    ]
    refuses: Annotated[bool, Meta(description="It has refused its last limit, in every way")]
    released: Annotated[bool, Meta(description="It gets no limit; it counts with its maximum")]
    cleared: Annotated[
        RemovedLimits | None, Meta(description="null while limits of ours are set in it")
    ]
    proof: Annotated[ProofState | None, Meta(description="null: none since the start")]
    known: Annotated[tuple[str, ...], Meta(description="What is known of its make, for a person")]


class ClearedProfiles(msgspec.Struct, frozen=True):
    """How deleting the charging profiles ended."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    confirmed_by: Annotated[Confirmation, Meta(description=_CONFIRMED_BY)]
    limited_again: Annotated[bool, Meta(description="Load management sets its limit again")]
    says: Annotated[str, Meta(description="The same for a person")]


class Released(msgspec.Struct, frozen=True):
    """How releasing an EVSE ended; it is released in any case."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    confirmed_by: Annotated[Confirmation, Meta(description=_CONFIRMED_BY)]
    says: Annotated[str, Meta(description="The same for a person")]


class Adopted(msgspec.Struct, frozen=True):
    """How far taking a wallbox over has come."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    says: Annotated[str, Meta(description="The same for a person")]


class Woken(msgspec.Struct, frozen=True):
    """How waking a car has ended; whether it charges, the EVSE tells in a while."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    says: Annotated[str, Meta(description="The same for a person")]


class PhasesWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On how many phases an EVSE is to charge."""

    phases: Annotated[Literal[1, 3], Meta(description="1 or 3")]


class PhasesTold(msgspec.Struct, frozen=True):
    """How selecting phases has ended; on how many it charges, the EVSE tells in a while."""

    outcome: Annotated[LimitOutcome, Meta(description=_OUTCOME)]
    says: Annotated[str, Meta(description="The same for a person, with what stands against it")]


class Service(msgspec.Struct, frozen=True):
    """Whether an EVSE is in service, and limited."""

    enabled: bool
    released: bool
    says: Annotated[str, Meta(description="The same for a person")]
