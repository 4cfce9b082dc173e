"""Keeps changed settings in the store, also where that takes more than one attempt."""

import asyncio
import json
from typing import Final

import structlog

from wattgate.core.site.model import Site
from wattgate.core.site.writing import to_mapping
from wattgate.ports.store import NotYetStored, SaveDocument, Store, StoreFailed
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

SITE_DOCUMENT: Final = "site"

RETRY_S: Final = 10.0


async def save_site(store: Store, site: Site) -> None:
    """Keep the site, passwords included, for the next start."""
    text = json.dumps(to_mapping(site, secrets=True))
    await store.commit(SaveDocument(SITE_DOCUMENT, text))


class SiteKeeper:
    """Stores the newest site; one that could not be stored is tried again until it is."""

    def __init__(self, store: Store, tasks: Supervisor) -> None:
        self._store = store
        self._tasks = tasks
        self._owed: Site | None = None
        self._trying = False

    async def keep(self, site: Site) -> None:
        """Store the site, which holds already.

        Raises:
            NotYetStored: it could not be stored; that is tried again.
        """
        try:
            await save_site(self._store, site)
        except StoreFailed as exc:
            self._owed = site
            if not self._trying:
                self._trying = True
                self._tasks.spawn(self._try_again(), name="site to be stored")
            raise NotYetStored(str(exc)) from exc
        self._owed = None

    async def _try_again(self) -> None:
        while (owed := self._owed) is not None:
            try:
                await save_site(self._store, owed)
            except StoreFailed as exc:
                say_not_stored(exc, document=SITE_DOCUMENT)
                await asyncio.sleep(RETRY_S)
            else:
                log.info("changed settings are stored now")
                self._owed = None if self._owed is owed else self._owed
        self._trying = False
