"""What a person changes of the backends of an EVSE while everything runs."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from wattgate.core.security.passwords import PasswordKey
from wattgate.core.site.gateways import GatewayChange, with_gateways
from wattgate.core.site.model import EvseSettings, Site
from wattgate.core.site.writing import table_mapping

log = structlog.get_logger()


class ChangedMeanwhile(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """The backends are others than those that somebody has looked at; nothing was changed."""


class GatewayChanges:
    """The backends of the EVSEs of one site, as they are and as somebody wants them."""

    def __init__(
        self,
        site: Callable[[], Site],
        key: PasswordKey,
        change_site: Callable[[Callable[[Site], Site]], Awaitable[Site]],
    ) -> None:
        self._site = site
        self._key = key
        self._change_site = change_site

    def settings(self, evse_id: str) -> EvseSettings:
        """What the site says of an EVSE, which must be in it."""
        return _evse(self._site(), evse_id)

    def version(self, evse_id: str) -> str:
        """Changes with any setting of the EVSE's backends, passwords too, and tells nothing of it.

        The same settings have the same version, also after a restart.
        """
        return self._version(self.settings(evse_id))

    async def change(self, evse_id: str, change: GatewayChange, *, seen: str | None) -> None:
        """Have other backends at an EVSE, where `version` is still the one that was `seen`.

        Without one, whatever there is. Holds at once.

        Raises:
            ChangedMeanwhile: somebody else was first.
            ConfigError: with every problem; nothing has been changed.
            NotYetStored: it holds, but could not be stored; that is tried again.
        """

        def apply(site: Site) -> Site:
            if seen is not None and seen != self._version(_evse(site, evse_id)):
                raise ChangedMeanwhile
            return with_gateways(site, evse_id, change)

        await self._change_site(apply)
        log.info("backends changed", evse=evse_id, change=type(change).__name__)

    def _version(self, evse: EvseSettings) -> str:
        tables = [table_mapping(each, secrets=True) for each in evse.gateways]
        return self._key.mark_of(msgspec.json.encode(tables))


def _evse(site: Site, evse_id: str) -> EvseSettings:
    return next(each for each in site.evses if each.id == evse_id)
