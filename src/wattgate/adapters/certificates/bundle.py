"""What was found in the parts that somebody brings."""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from wattgate.adapters.certificates.facts import facts_of
from wattgate.adapters.certificates.keys import public_der
from wattgate.core.errors import Problem


@dataclass(slots=True)
class Bundle:
    """Everything that the parts hold together, each thing once, and what was wrong with them."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[PrivateKeyTypes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take_certificate(self, certificate: x509.Certificate) -> None:
        """Note a certificate; raises one of UNREADABLE where a field cannot be read."""
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


def secret(passphrase: str) -> bytes:
    """A passphrase as OpenSSL takes it; what a terminal sent that is not UTF-8 stays as it was."""
    try:
        return passphrase.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as JSON can carry it: not what anybody typed
        return passphrase.encode("utf-8", "replace")
