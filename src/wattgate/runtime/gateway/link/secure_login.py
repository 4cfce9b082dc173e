"""Opens one backend's door with the certificates of the link's set (P23-P25, R37)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

import structlog

from wattgate.core.errors import ConfigError
from wattgate.core.gateway.link.link_trial import (
    UNTRIED,
    Failure,
    LinkTrial,
    borne_out,
    is_verdict,
    may_be_the_reason,
    read,
    undone,
    write,
)
from wattgate.core.security.certificates import LinkSecurity, Origin, Role
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.certificates import Certificates, Material
from wattgate.ports.links import Dialer, DialFailed, DialStep, DialTarget, Link, Receiver, TlsTerms
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_NAME: Final = "link security"


class SecureLogin:
    """Dials for one link, and takes back what its backend changed where that leads nowhere.

    Implements ports.links.Dialer. Only certificates: passwords are NorthLogin's.
    """

    def __init__(
        self,
        link_id: str,
        target: DialTarget,
        dialer: Dialer,
        certificates: Certificates,
        store: Store,
        notes: Iterable[NoteRecord] = (),
    ) -> None:
        self._link_id = link_id
        self._target = target
        self._dialer = dialer
        self._certificates = certificates
        self._store = store
        self._scope = f"backend {link_id}"
        texts = {note.name: note.text for note in notes if note.scope == self._scope}
        self.trial: LinkTrial = read(texts.get(_NAME))
        self._was_in_vain = False
        self._was_verified: bool | None = None
        self.on_proven: Callable[[], None] = _nothing
        """Called when a connection was made with what the backend had changed."""
        self.on_undone: Callable[[LinkTrial], None] = _no_matter
        """Called with what was taken back, when a connection was made without it."""

    @property
    def terms(self) -> TlsTerms:
        """By what the backend is verified, and what we show it."""
        return self._target.tls or TlsTerms("")

    @property
    def is_tls(self) -> bool:
        """Whether the link is encrypted."""
        return urlsplit(self._target.url).scheme == "wss"

    @property
    def has_authority(self) -> bool:
        """Whether somebody may vouch for the backend from the next connection on."""
        held = self._certificates.held(self.terms.certificates)
        return self.terms.system_roots or any(each.role is Role.AUTHORITY for each in held)

    @property
    def is_verified(self) -> bool:
        """Whether the present connection, or where there was none the next, is verified."""
        will_be = self.is_tls and self.has_authority
        return will_be if self._was_verified is None else self._was_verified

    @property
    def certificate(self) -> Origin | None:
        """Where our own certificate came from; None where we show none."""
        held = self._certificates.held(self.terms.certificates)
        return next((each.origin for each in held if each.role is Role.OWN), None)

    def renew(self, target: DialTarget) -> None:
        """From the next dial on go by other settings."""
        self._target = target
        self._was_in_vain = False
        self._was_verified = None

    async def change(self, trial: LinkTrial) -> None:
        """What the backend has changed is on trial; raises StoreFailed, and then it is not."""
        await self._store.commit(SaveNote(NoteRecord(self._scope, _NAME, write(trial))))
        self.trial, self._was_in_vain = trial, False

    async def put_back(self) -> None:
        """Show the own certificate from before again."""
        await self._certificates.swap_former(self.terms.certificates)

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        """Connect; once without what the backend changed, where it fails with it."""
        try:
            link = await self._dialer.dial(target, receiver)
        except DialFailed as exc:
            if self._was_in_vain or not may_be_the_reason(self.trial, _failure(exc)):
                raise
            try:
                return await self._fall_back(target, receiver, exc)
            except StoreFailed as failed:
                say_not_stored(failed, link=self._link_id)
                raise exc from failed
        self._was_verified = link.security is LinkSecurity.VERIFIED
        if not self.trial.is_over:
            await self._borne_out()
        return link

    async def _borne_out(self) -> None:
        await self._forget_former()
        await self._settle(borne_out(self.trial))
        self.on_proven()

    async def _forget_former(self) -> None:
        """Of two certificates of ours the one that opened the door is the present one."""
        if not self.trial.has_certificate:
            return
        try:
            await self._certificates.forget_former(self.terms.certificates)
        except StoreFailed as exc:
            say_not_stored(exc, link=self._link_id)

    async def _fall_back(self, target: DialTarget, receiver: Receiver, refusal: DialFailed) -> Link:
        """Roots that are taken out come back if it was not for them."""
        if not self.trial.can_be_undone:
            await self._settle(undone(self.trial))
            log.warning("security profile taken back", link=self._link_id, reason=refusal.reason)
            raise refusal
        taken_out = await self._undo()
        try:
            link = await self._dialer.dial(target, receiver)
        except asyncio.CancelledError:
            await self._redo(taken_out)
            raise
        except DialFailed as exc:
            self._was_in_vain = is_verdict(_failure(exc))
            await self._redo(taken_out)
            reason = f"{exc.reason}; neither with what the backend changed nor without it"
            raise DialFailed(exc.step, reason, exc.http_status) from exc
        self._was_verified = link.security is LinkSecurity.VERIFIED
        log.warning(
            "what the backend changed is taken back: with it there was no connection",
            link=self._link_id,
            reason=refusal.reason,
        )
        await self._forget_former()
        trial = self.trial
        await self._settle(undone(trial))
        self.on_undone(trial)
        return link

    async def _undo(self) -> tuple[str, ...]:
        """Take out what is on trial; the authorities that were there, as PEM."""
        set_name = self.terms.certificates
        if self.trial.has_certificate:
            await self._certificates.swap_former(set_name)
        texts = tuple(self._certificates.pem(set_name, root) for root in self.trial.roots)
        for root in self.trial.roots:
            await self._certificates.remove(set_name, root)
        return tuple(text for text in texts if text is not None)

    async def _redo(self, roots: tuple[str, ...]) -> None:
        set_name = self.terms.certificates
        if self.trial.has_certificate:
            await self._certificates.swap_former(set_name)
        for text in roots:
            material = Material((text.encode(),))
            try:
                await self._certificates.import_authorities(set_name, material, Origin.INSTALLED)
            except ConfigError:
                log.warning("an authority has expired meanwhile", link=self._link_id)

    async def _settle(self, trial: LinkTrial) -> None:
        """Keep how it ended; should that fail, the next start finds out again."""
        self.trial = trial
        try:
            if trial == UNTRIED:
                await self._store.commit(DeleteNote(self._scope, _NAME))
            else:
                await self._store.commit(SaveNote(NoteRecord(self._scope, _NAME, write(trial))))
        except StoreFailed as exc:
            say_not_stored(exc, link=self._link_id)


def _failure(failed: DialFailed) -> Failure:
    return Failure(
        in_tls=failed.step is DialStep.TLS,
        in_http=failed.step is DialStep.HTTP,
        http_status=failed.http_status,
        is_unverified=failed.fault is TlsFault.CERTIFICATE,
    )


def _nothing() -> None:
    """Nobody waits for it."""


def _no_matter(trial: LinkTrial) -> None:
    """Nobody tells."""
