"""The test backend as a certificate authority of its charge points (SEC A02, M05)."""

import json
from collections.abc import Callable
from typing import Final

from wattgate.core.backend.events import Called, Event, Replied, RepliedError
from wattgate.core.errors import ConfigError, PeerError
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16._generated import SignCertificateRequest
from wattgate.core.ocpp.validation import decode_payload
from wattgate.ports.certificates import Authority
from wattgate.ports.store import StoreFailed
from wattgate.runtime.peer import Peer

DAYS: Final = 365
"""For how many days its certificates are good."""


class BackendSigning:
    """Answers SignCertificate, and gives the certificate; `report` gets every event."""

    def __init__(self, authority: Authority, report: Callable[[Event], None]) -> None:
        self._authority = authority
        self._report = report

    @property
    def root_pem(self) -> str | None:
        """The authority itself, as a charge point has to trust it; None: there is none."""
        return self._authority.certificate_pem()

    async def sign(self, peer: Peer, call: Call) -> str | None:
        """Answer a request; gives the payload of the CertificateSigned that is to follow."""
        self._report(Called(peer.name, call.action, call.unique_id, call.payload_text))
        try:
            request = decode_payload(call.payload_text, SignCertificateRequest)
            issued = await self._authority.sign_client(request.csr.encode(), DAYS)
        except PeerError as error:
            peer.refuse(call.unique_id, error.code, error.description)
            args = (peer.name, call.action, call.unique_id, error.code, error.description)
            self._report(RepliedError(*args))
        except (ConfigError, StoreFailed):
            self._answer(peer, call, '{"status":"Rejected"}')
        else:
            self._answer(peer, call, '{"status":"Accepted"}')
            return json.dumps({"certificateChain": issued.certificate_pem})
        return None

    def _answer(self, peer: Peer, call: Call, payload_text: str) -> None:
        peer.answer(call.unique_id, payload_text)
        self._report(Replied(peer.name, call.action, call.unique_id, payload_text))
