"""What a backend changes of its own link with us, in either mode (R36, R37).

TLS ends here: what a backend means for its charge point's link must never reach the wallbox's,
which would cut that off from us.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import structlog

from wattgate.core.errors import ConfigError
from wattgate.core.gateway.configuration.config_keys import (
    AUTHORIZATION_KEY,
    CPO_NAME,
    SECURITY_PROFILE,
    STORE_LENGTH,
)
from wattgate.core.gateway.configuration.config_overlay import Entry
from wattgate.core.gateway.link.link_key import is_key
from wattgate.core.gateway.link.link_messages import LinkKeyChange
from wattgate.core.gateway.link.link_profile import LinkFacts, complaint, present_profile
from wattgate.core.gateway.link.link_trial import (
    with_certificate,
    with_profile,
    with_root,
    without_root,
)
from wattgate.core.gateway.link.security_events import SecurityEvent
from wattgate.core.security.certificates import Held, Origin
from wattgate.ports.links import DialTarget
from wattgate.ports.store import StoreFailed
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.certificate_messages import MAX_INSTALLED, CertificateMessages, Said
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.gateway.link.north_login import REKEY_PAUSE_S, Account, NorthLogin
from wattgate.runtime.gateway.link.secure_login import SecureLogin
from wattgate.runtime.peer import Outcome

log = structlog.get_logger()

Again = Callable[[str], None]
"""Ends the login and begins anew; takes the reason."""

_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'


class LinkCommands:
    """Carries them out for one link. `identify` gives the name for a certificate of ours (R35)."""

    def __init__(
        self,
        login: NorthLogin,
        secure: SecureLogin,
        messages: CertificateMessages,
        configuration: BackendConfiguration,
        identify: Callable[[], str],
    ) -> None:
        self._login = login
        self._secure = secure
        self._messages = messages
        self._configuration = configuration
        self._identify = identify
        self._in_order = asyncio.Lock()
        self._report: Callable[[SecurityEvent], None] = _nothing
        self._handlers: Mapping[str, Callable[[Ask], Awaitable[str]]] = {
            "CertificateSigned": self._signed,
            "DeleteCertificate": self._delete,
            "ExtendedTriggerMessage": self._request,
            "GetInstalledCertificateIds": self._list,
            "InstallCertificate": self._install,
        }

    def report_to(self, report: Callable[[SecurityEvent], None]) -> None:
        """Say who tells the backend what happens (R38)."""
        self._report = report
        self._secure.on_proven = partial(report, SecurityEvent.RECONFIGURED)
        self._secure.on_undone = lambda trial: (
            report(SecurityEvent.INVALID_CERTIFICATE) if trial.roots else None
        )

    @property
    def account(self) -> Account:
        """As whom the next login is made, by the settings."""
        return self._login.account

    def renew(self, account: Account, target: DialTarget) -> None:
        """The site says something else of the link: that counts from the next login on."""
        self._login.renew(account)
        self._secure.renew(target)
        self._messages.use(self._secure.terms.certificates)

    # Configuration keys of the link

    async def change_key(self, ask: Ask, change: LinkKeyChange, again: Again) -> None:
        """What was accepted is stored before: the backend drops the old one then."""
        async with self._in_order:
            reason = await self._change_key(ask, change)
        await _begin_anew(reason, again)

    async def _change_key(self, ask: Ask, change: LinkKeyChange) -> str:
        """Why the login is to begin anew; empty where it need not."""
        key, value = change.row.key, change.value
        match key:
            case "CpoName" if change.row.accepts(value):
                await self._configuration.keep(CPO_NAME, value)
                ask.answer(_ACCEPTED, "kept for this link (R37)")
                return ""
            case "AuthorizationKey" if is_key(value):
                await self._login.rekey(value)
                ask.answer(_ACCEPTED, "a new key for this link (R37)")
                return "the backend gave us a new key"
            case "SecurityProfile":
                return await self._raise_profile(ask, value)
            case _:
                self._reject(ask, f"a backend may not set this ({change.row.rules})", key)
                return ""

    async def _raise_profile(self, ask: Ask, value: str) -> str:
        wrong = complaint(value, self._facts, self._secure.trial.profile)
        if wrong is not None:
            self._reject(ask, f"{wrong} (R32, R37)", SECURITY_PROFILE)
            return ""
        await self._secure.change(with_profile(self._secure.trial, int(value)))
        ask.answer(_ACCEPTED, f"security profile {value} for this link (R37)")
        log.info("backend raised the security profile", link=ask.peer.name, profile=int(value))
        return "the backend raised the security profile"

    def entries(self) -> list[Entry]:
        """What GetConfiguration says of the link; a password is nobody's to read (R84)."""
        profile = present_profile(self._facts, self._secure.trial.profile)
        return [
            Entry(AUTHORIZATION_KEY, None),
            Entry(SECURITY_PROFILE, str(profile)),
            Entry(CPO_NAME, self._cpo_name),
            Entry(STORE_LENGTH, str(MAX_INSTALLED), readonly=True),
        ]

    # Certificates

    async def certificate(self, ask: Ask, again: Again) -> None:
        """Carry out a message about the link's certificates."""
        async with self._in_order:
            reason = await self._handlers[ask.call.action](ask)
        await _begin_anew(reason, again)

    async def _install(self, ask: Ask) -> str:
        """Whoever was not verified before is from now on, unless that turns out to be in vain."""
        was_verified = self._secure.has_authority and not self._secure.trial.roots
        said = await self._messages.install(ask.call)
        if said.is_accepted and not was_verified:
            trial = self._secure.trial
            for held in said.held:
                trial = with_root(trial, held.facts.id)
            try:
                await self._secure.change(trial)
            except StoreFailed:
                known = self._secure.trial.roots
                await self._messages.forget(
                    each for each in said.held if each.facts.id not in known
                )
                raise
        self._answer(ask, said)
        if said.is_accepted:
            self._report(SecurityEvent.RECONFIGURED)
        return ""

    async def _list(self, ask: Ask) -> str:
        ask.answer(self._messages.listed(ask.call), "those of this link (R37)")
        return ""

    async def _delete(self, ask: Ask) -> str:
        said = await self._messages.delete(ask.call, self._objection)
        for held in said.held:
            await self._secure.change(without_root(self._secure.trial, held.facts.id))
        self._answer(ask, said)
        if said.is_accepted:
            self._report(SecurityEvent.RECONFIGURED)
        return ""

    def _objection(self, held: Held) -> str | None:
        """Nobody's trust in a backend is taken away by that backend (M04)."""
        if held.origin is not Origin.INSTALLED:
            return "a person has stored it, and only a person removes it"
        if self._secure.is_tls and len(self._messages.authorities) == 1:
            return "it is the last one that vouches for the backend"
        return None

    async def _request(self, ask: Ask) -> str:
        try:
            payload_text = await self._messages.request(self._identify(), self._cpo_name)
        except ConfigError as wrong:
            self._reject(ask, f"no request can be made: {wrong}", "a certificate request")
            return ""
        ask.answer(_ACCEPTED, "for a certificate of this link (R37, R40)")
        ask.peer.ask("SignCertificate", payload_text, _heard_about(ask.peer.name))
        return ""

    async def _signed(self, ask: Ask) -> str:
        said = await self._messages.signed(ask.call)
        if not said.is_accepted:
            self._answer(ask, said)
            self._report(SecurityEvent.INVALID_OWN_CERTIFICATE)
            return ""
        try:
            await self._secure.change(with_certificate(self._secure.trial))
        except StoreFailed:
            await self._secure.put_back()
            raise
        self._answer(ask, said)
        return "the backend gave us a new certificate" if self._secure.is_tls else ""

    # Inside

    @property
    def _facts(self) -> LinkFacts:
        secure = self._secure
        return LinkFacts(
            is_tls=secure.is_tls,
            is_verified=secure.is_verified,
            has_authority=secure.has_authority,
            has_password=self._login.has_password,
            certificate=secure.certificate,
        )

    @property
    def _cpo_name(self) -> str:
        return self._configuration.values.get(CPO_NAME, "")

    def _answer(self, ask: Ask, said: Said) -> None:
        ask.answer(said.payload_text, f"{said.reason} (R37)")
        note = log.info if said.is_accepted else log.warning
        note(
            "certificates of a link",
            link=ask.peer.name,
            action=ask.call.action,
            status=said.status,
            reason=said.reason,
        )

    def _reject(self, ask: Ask, reason: str, what: str) -> None:
        log.info("backend may not set this", link=ask.peer.name, key=what, reason=reason)
        ask.answer(_REJECTED, reason)


async def _begin_anew(reason: str, again: Again) -> None:
    """The backend must have read that we accept before the login ends."""
    if reason:
        await asyncio.sleep(REKEY_PAUSE_S)
        again(reason)


def _heard_about(link: str) -> Callable[[Outcome], None]:
    def heard(outcome: Outcome) -> None:
        if not is_accepted(outcome):
            log.warning("backend does not sign our certificate", link=link, answer=str(outcome))

    return heard


def _nothing(event: SecurityEvent) -> None:
    """Nobody hears of it."""
