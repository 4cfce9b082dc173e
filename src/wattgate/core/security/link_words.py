"""What the connection to a backend proves, in words (P23)."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.security.certificates import LinkSecurity

BACKEND_SECURITY: Final[Mapping[LinkSecurity, str]] = {
    LinkSecurity.PLAIN: "not encrypted: whoever is on the way can read and change what is sent",
    LinkSecurity.UNVERIFIED: (
        "encrypted, but not verified: nobody vouches for the backend's certificate"
    ),
    LinkSecurity.VERIFIED: "encrypted, and the backend's certificate is verified",
}
"""For each, what it means for whoever relies on the backend."""
