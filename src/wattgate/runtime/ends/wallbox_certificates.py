"""Certificates of the software wallbox, as its central system wants them (SEC A02, M03-M05)."""

from collections.abc import Awaitable, Callable
from typing import Final

from wattgate.core.errors import ConfigError, PeerError
from wattgate.core.gateway.link.link_messages import SIGN_OURS
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.security.certificates import Held
from wattgate.core.wallbox.effects import Happened
from wattgate.ports.certificates import Certificates
from wattgate.ports.links import DialFailed, DialStep
from wattgate.ports.store import StoreFailed
from wattgate.runtime.ask import is_accepted
from wattgate.runtime.certificate_messages import CertificateMessages, Said
from wattgate.runtime.peer import Peer

SET: Final = "wallbox"
"""Where its certificates lie."""

_MESSAGES: Final = frozenset(
    {"CertificateSigned", "DeleteCertificate", "GetInstalledCertificateIds", "InstallCertificate"}
)


class WallboxCertificates:
    """Answers what concerns them; `report` is told what happens.

    `common_name` is what its requests say.
    """

    def __init__(
        self, certificates: Certificates, common_name: str, report: Callable[[Happened], None]
    ) -> None:
        self._certificates = certificates
        self._common_name = common_name
        self._report = report
        self._messages = CertificateMessages(certificates, SET)
        self._is_on_trial = False

    def concerns(self, call: Call) -> bool:
        """Whether a CALL is about certificates."""
        if call.action == "ExtendedTriggerMessage":
            return read_scalar(call.payload_text, ("requestedMessage",)) == SIGN_OURS
        return call.action in _MESSAGES

    async def answer(self, peer: Peer, call: Call) -> bool:
        """Answer it; says whether the wallbox is to connect anew."""
        try:
            return await self._answer(peer, call)
        except PeerError as error:
            peer.refuse(call.unique_id, error.code, error.description)
        except (StoreFailed, ConfigError) as failed:
            peer.refuse(call.unique_id, ErrorCode.INTERNAL_ERROR, str(failed))
        return False

    async def _answer(self, peer: Peer, call: Call) -> bool:
        match call.action:
            case "InstallCertificate":
                self._say(peer, call, await self._messages.install(call))
            case "DeleteCertificate":
                self._say(peer, call, await self._messages.delete(call, self._objection))
            case "GetInstalledCertificateIds":
                peer.answer(call.unique_id, self._messages.listed(call))
            case "CertificateSigned":
                said = await self._messages.signed(call)
                self._say(peer, call, said)
                self._is_on_trial |= said.is_accepted
                return said.is_accepted
            case _:
                await self._ask_for_one(peer, call)
        return False

    async def _ask_for_one(self, peer: Peer, call: Call) -> None:
        payload_text = await self._messages.request(self._common_name, "")
        peer.answer(call.unique_id, '{"status":"Accepted"}')
        outcome = await peer.call("SignCertificate", payload_text)
        is_taken = is_accepted(outcome)
        self._report(
            Happened("certificate-requested", {"subject": self._common_name, "taken": is_taken})
        )

    def _objection(self, _held: Held) -> str | None:
        is_last = len(self._messages.authorities) == 1
        return "it is the last one that vouches for the central system" if is_last else None

    def _say(self, peer: Peer, call: Call, said: Said) -> None:
        peer.answer(call.unique_id, said.payload_text)
        facts = {"action": call.action, "status": said.status, "what": said.reason}
        self._report(Happened("certificates", facts))

    # Whether the new one is any good

    async def connected(self) -> None:
        """The central system has let the wallbox in: the certificate from before is over."""
        if self._is_on_trial:
            self._is_on_trial = False
            await self._kept(self._certificates.forget_former(SET))

    async def not_connected(self, failed: DialFailed) -> None:
        """A new certificate that is refused gives way to the one before, once."""
        if self._is_on_trial and failed.step in (DialStep.TLS, DialStep.HTTP):
            self._is_on_trial = False
            if await self._kept(self._certificates.swap_former(SET)):
                self._report(Happened("certificate-taken-back", {"reason": failed.reason}))

    async def _kept(self, change: Awaitable[None]) -> bool:
        """Whether it could be stored; where not, the wallbox goes on with what it has."""
        try:
            await change
        except StoreFailed as failed:
            facts = {"action": "former certificate", "status": "Failed", "what": str(failed)}
            self._report(Happened("certificates", facts))
            return False
        return True
