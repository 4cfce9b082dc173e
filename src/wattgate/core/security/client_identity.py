"""Whether a client certificate belongs to the wallbox that shows it (R35, P25)."""

from dataclasses import dataclass

from wattgate.core.security.certificates import CertificateFacts


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that a client showed and TLS found to be signed by somebody we trust."""

    facts: CertificateFacts
    is_revoked: bool = False
    """Whether our own authority has taken it back."""
