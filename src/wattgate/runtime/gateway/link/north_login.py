"""Opens one backend's door, with the key that the backend gave us where it did (R24, R37)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

import structlog

from wattgate.core.gateway.link.link_key import (
    LinkKey,
    Secret,
    after_fallback,
    after_success,
    former_secret,
    read,
    rekeyed,
    secret,
    write,
)
from wattgate.core.ocpp.handshake import basic_authorization
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import Dialer, DialFailed, DialTarget, Link, Receiver
from wattgate.ports.store import DeleteNote, NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_NAME: Final = "key"

REKEY_PAUSE_S: Final = 1.0
"""s between accepting a key and the new login: the backend must have read that we accept."""

ACCEPTED: Final = "accepted by the backend"
"""What a link says while it is online with the password of the site file."""

_BY_KEY: Final = f"{ACCEPTED}, with the key that it gave us"
_KEY_REFUSED: Final = (
    "we came with the key that it gave us, which counts instead of the password of the site file "
    "until another password is written there"
)
_BY_FORMER: Final = f"{ACCEPTED}, with the password from before: it refused the key that it gave us"


@dataclass(frozen=True, slots=True)
class Account:
    """As whom a link logs in: the name, and the password that the site file gives it."""

    link_id: str
    client_id: str
    site_password: str | bytes = field(repr=False)


class NorthLogin:
    """Dials for one link. Implements ports.links.Dialer."""

    def __init__(
        self, account: Account, dialer: Dialer, store: Store, notes: Iterable[NoteRecord] = ()
    ) -> None:
        self.account = account
        """As whom it logs in; `renew` replaces it."""
        self._dialer = dialer
        self._store = store
        self._scope = f"backend {account.link_id}"
        kept = {note.name: note.text for note in notes if note.scope == self._scope}
        self._kept_text = kept.get(_NAME)
        self._key = read(self._kept_text, account.site_password)
        self._fell_back_in_vain = False
        self._faults: set[TlsFault] = set()
        self.on_proven: Callable[[], None] = _nothing
        """Called when the backend has let us in with a new key."""
        self.on_tls_fault: Callable[[TlsFault], None] = _ignore
        """Called when TLS with the backend has failed; once for each fault until it works again."""
        self.accepted_as = _BY_KEY if self._key is not None else ACCEPTED
        """What to say of a link that is online: which password holds."""

    def renew(self, account: Account) -> None:
        """From the next dial on go by other settings; a password newly written there wins."""
        self.account = account
        self._key = read(self._kept_text, account.site_password)
        self._fell_back_in_vain = False
        self.accepted_as = _BY_KEY if self._key is not None else ACCEPTED

    async def rekey(self, key: str) -> None:
        """Take a key that has been found good; raises StoreFailed, and then has not."""
        new = rekeyed(self._key, key, self.account.site_password)
        text = write(new)
        await self._store.commit(SaveNote(NoteRecord(self._scope, _NAME, text)))
        self._key, self._kept_text, self._fell_back_in_vain = new, text, False
        log.info("backend gave a new key", link=self.account.link_id)

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        """Connect with what opens the door; once with what did before, where that is refused."""
        try:
            link = await self._dialer.dial(self._as(target, self._secret), receiver)
        except DialFailed as exc:
            if exc.http_status == HTTPStatus.UNAUTHORIZED:
                return await self._fall_back(target, receiver, exc)
            self._note_tls(exc)
            raise
        self._faults.clear()
        if self._key is not None and not self._key.proven:
            await self._holds(after_success(self._key), _BY_KEY)
            self.on_proven()
        return link

    async def _fall_back(self, target: DialTarget, receiver: Receiver, refusal: DialFailed) -> Link:
        self._faults.clear()
        former, refused = former_secret(self._key, self.account.site_password), self._key
        if refused is None:
            raise refusal
        if former is None or self._fell_back_in_vain:
            raise DialFailed(
                refusal.step, f"{refusal.reason}; {_KEY_REFUSED}", refusal.http_status
            ) from refusal
        try:
            link = await self._dialer.dial(self._as(target, former), receiver)
        except DialFailed as exc:
            if exc.http_status != HTTPStatus.UNAUTHORIZED:
                raise
            self._fell_back_in_vain = True
            reason = f"{exc.reason}; neither the key that it gave us nor the password from before"
            raise DialFailed(exc.step, reason, exc.http_status) from exc
        log.warning("backend refused its new key", link=self.account.link_id)
        if self._key is refused:  # else it has been replaced meanwhile
            await self._holds(after_fallback(refused), _BY_FORMER)
        return link

    async def _holds(self, key: LinkKey | None, accepted_as: str) -> None:
        """Keep what opened the door; should that fail, the next start finds out again."""
        self._key, self.accepted_as = key, accepted_as
        self._kept_text = None if key is None else write(key)
        try:
            if self._kept_text is None:
                await self._store.commit(DeleteNote(self._scope, _NAME))
            else:
                await self._store.commit(SaveNote(NoteRecord(self._scope, _NAME, self._kept_text)))
        except StoreFailed as exc:
            say_not_stored(exc, link=self.account.link_id)

    def _note_tls(self, failure: DialFailed) -> None:
        if failure.fault is not None and failure.fault not in self._faults:
            self._faults.add(failure.fault)
            self.on_tls_fault(failure.fault)

    @property
    def has_password(self) -> bool:
        """Whether the login proves who it is."""
        return bool(self._secret.password)

    @property
    def _secret(self) -> Secret:
        return secret(self._key, self.account.site_password)

    def _as(self, target: DialTarget, with_secret: Secret) -> DialTarget:
        header = basic_authorization(self.account.client_id, with_secret.password)
        return replace(target, authorization=header)


def _nothing() -> None:
    """Nobody waits for it."""


def _ignore(_: TlsFault) -> None:
    """Nobody waits for it."""
