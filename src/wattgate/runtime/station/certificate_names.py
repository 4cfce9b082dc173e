"""By which name in its certificate each wallbox was let in: later ones must have it, too (R35)."""

from collections.abc import Callable, Iterable
from typing import Final

import structlog

from wattgate.core.security.client_identity import Holder, fits
from wattgate.core.site.model import Site
from wattgate.core.station.serials import serial_numbers
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

_NAME: Final = "certificate name"


class CertificateNames:
    """What is known of the certificates of the wallboxes, by ChargeBox ID.

    A name counts at once; should it not be kept, the next start finds out again.
    """

    def __init__(self, site: Callable[[], Site], store: Store, tasks: Supervisor) -> None:
        self._site = site
        self._store = store
        self._tasks = tasks
        self._names: dict[str, str] = {}

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Go on with what was stored."""
        self._names = {note.scope: note.text for note in notes if note.name == _NAME}

    def holder(self, station_id: str, boot_text: str | None) -> Holder:
        """Whose a certificate must be that the wallbox shows; `boot_text` is its last boot."""
        return Holder(
            station_id,
            self._site().wallbox(station_id).certificate_name,
            serial_numbers(boot_text),
            self._name_of(station_id),
        )

    def owner(self, name: str, claimed_id: str) -> str | None:
        """Which other wallbox in service is known by this name; None where none is.

        Names in certificates count, not those in boot notifications, which prove nothing.
        """
        site = self._site()
        others = {each.address for each in site.evses if each.enabled} - {claimed_id}
        known = (each for each in sorted(others) if fits(name, (each, self._name_of(each))))
        return next(known, None)

    def _name_of(self, station_id: str) -> str:
        return self._names.get(_scope(station_id), "")

    def accepted(self, station_id: str, name: str) -> None:
        """The wallbox is the one that a certificate names; "" means that any name would do."""
        scope = _scope(station_id)
        if not name or self._names.get(scope) == name:
            return
        self._names[scope] = name
        log.info("wallbox is known by its certificate now", station=station_id, name=name)
        self._tasks.spawn(self._keep(scope, name), name=f"{station_id} certificate name")

    async def _keep(self, scope: str, name: str) -> None:
        try:
            await self._store.commit(SaveNote(NoteRecord(scope, _NAME, name)))
        except StoreFailed as exc:
            say_not_stored(exc, scope=scope)


def _scope(station_id: str) -> str:
    return f"wallbox {station_id}"
