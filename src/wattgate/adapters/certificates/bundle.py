"""What was found in the parts that somebody brings."""

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from wattgate.adapters.certificates.facts import facts_of
from wattgate.adapters.certificates.keys import public_der
from wattgate.core.errors import Problem

UNREADABLE: Final = (ValueError, TypeError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType)
"""How the library says that it cannot make sense of something."""


@dataclass(slots=True)
class Bundle:
    """Everything that the parts hold together, each thing once, and what was wrong with them."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[PrivateKeyTypes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take_certificate(self, certificate: x509.Certificate) -> None:
        """Note a certificate; raises ValueError for one that has unreadable fields."""
        if certificate not in self.certificates:
            facts_of(certificate)
            self.certificates.append(certificate)

    def take_key(self, key: PrivateKeyTypes) -> None:
        """Note a private key."""
        public = public_der(key.public_key())
        if all(public != public_der(known.public_key()) for known in self.keys):
            self.keys.append(key)

    def refuse(self, path: str, message: str) -> None:
        """Note what has to be mended."""
        self.problems.append(Problem(path, message))
