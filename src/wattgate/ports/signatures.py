"""Checking the signature of a meter."""

from typing import Protocol

from wattgate.core.evidence.signatures import Checked, Question


class SignatureCheck(Protocol):
    """Whatever can check ECDSA signatures. It may take a millisecond, and any thread may call."""

    def check(self, question: Question) -> Checked:
        """Say whether the signature is genuine; never raises for what it is asked."""
        ...
