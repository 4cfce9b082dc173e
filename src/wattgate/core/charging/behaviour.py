"""What wallboxes of one model and firmware have been seen to do with their limits (R100a)."""

from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from wattgate.core.charging.methods import Method, read_method


class Proof(StrEnum):
    """Whether a claim about a wallbox has been seen to be true."""

    UNPROVEN = "not proven"
    PROVEN = "proven"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What has been measured; nothing here is assumed.

    `obeyed` is the method whose limits were followed last, `failed` those whose limits were not.
    `expiry` (a grant was let lapse, and the current fell) and `persistence` (the profile survived
    a power cycle) hold for the method `proved_with`.
    """

    obeyed: Method | None = None
    failed: tuple[Method, ...] = ()
    expiry: Proof = Proof.UNPROVEN
    persistence: Proof = Proof.UNPROVEN
    proved_with: Method | None = None

    def is_harmless_when_silent(self, method: Method) -> bool:
        """Whether a silent wallbox counts at its grant while that lasts, then at its fallback."""
        return (
            method.expires
            and method == self.proved_with
            and self.expiry is Proof.PROVEN
            and self.persistence is Proof.PROVEN
        )

    def learned_obeys(self, method: Method) -> "Behaviour":
        """Limits said with `method` were followed; an earlier failure of it is forgotten."""
        return replace(self, obeyed=method, failed=_without(self.failed, method))

    def learned_failure(self, method: Method) -> "Behaviour":
        """Limits said with `method` were not followed; what was proven with it is taken back."""
        cleared = Behaviour() if self.proved_with == method else self
        return Behaviour(
            None if self.obeyed == method else self.obeyed,
            (*_without(self.failed, method), method),
            cleared.expiry,
            cleared.persistence,
            cleared.proved_with,
        )

    def learned_proof(
        self, method: Method, *, expiry: Proof | None = None, persistence: Proof | None = None
    ) -> "Behaviour":
        """A claim was tried with `method`; None where it was not, the newest trial counts.

        What was proven with another method is forgotten.
        """
        before = self if self.proved_with == method else Behaviour()
        return replace(
            self,
            expiry=expiry or before.expiry,
            persistence=persistence or before.persistence,
            proved_with=method,
        )

    def to_text(self) -> str:
        """JSON that `read_behaviour` reads."""
        return msgspec.json.encode(
            _Text(
                _words(self.obeyed),
                tuple(str(method) for method in self.failed),
                self.expiry,
                self.persistence,
                _words(self.proved_with),
            )
        ).decode()


class _Text(msgspec.Struct, frozen=True):
    """A behaviour as it is stored, methods in the words of `str`."""

    obeyed: str = ""
    failed: tuple[str, ...] = ()
    expiry: Proof = Proof.UNPROVEN
    persistence: Proof = Proof.UNPROVEN
    proved_with: str = ""


def read_behaviour(text: str) -> Behaviour:
    """Read what `to_text` wrote; what cannot be read was never measured."""
    try:
        said = msgspec.json.decode(text, type=_Text)
    except msgspec.DecodeError:
        return Behaviour()
    methods = (read_method(words) for words in said.failed)
    known = Behaviour(
        read_method(said.obeyed), tuple(method for method in methods if method is not None)
    )
    proved_with = read_method(said.proved_with)
    if proved_with is None:
        return known
    return replace(known, expiry=said.expiry, persistence=said.persistence, proved_with=proved_with)


def _words(method: Method | None) -> str:
    return "" if method is None else str(method)


def _without(methods: tuple[Method, ...], method: Method) -> tuple[Method, ...]:
    return tuple(each for each in methods if each != method)
