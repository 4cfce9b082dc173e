"""What somebody should know about the whole site without asking: one row per kind of warning."""

from collections.abc import Callable, Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from wattgate.adapters.web.services import Services
from wattgate.core.files.rewriting import Direction
from wattgate.core.security.certificates import SERVER_SET, Origin, Role
from wattgate.core.security.host_names import is_named, names_of


class SiteWarning(msgspec.Struct, frozen=True):
    """Something that holds now and that somebody should know."""

    about: Annotated[str, Meta(description="What it is about: a setting, or a part of the manager")]
    message: Annotated[str, Meta(description="A sentence for a person, to be read behind `about`")]


SiteWarner = Callable[[Services], Iterator[SiteWarning]]
"""Everything of one kind that is to be said now."""


def site_warnings(services: Services) -> list[SiteWarning]:
    """Everything that holds now, in the order of the table."""
    return [warning for warner in _WARNERS for warning in warner(services)]


def _settings(services: Services) -> Iterator[SiteWarning]:
    """What the log said at the start about the settings, as far as it still holds."""
    for remark in services.manager.remarks():
        yield SiteWarning(remark.path, remark.message)


def _store(services: Services) -> Iterator[SiteWarning]:
    condition = services.store.condition
    if condition.failing is not None:
        yield SiteWarning("store", f"nothing can be stored: {condition.failing}")
    if not condition.has_reserve:
        yield SiteWarning("store", "the disk has no room for the space that is to be kept aside")


def _certificates(services: Services) -> Iterator[SiteWarning]:
    now = services.tools.clock.wall()
    for ending in services.office.endings():
        said = ending.warning(now)
        if said is not None:
            yield SiteWarning(f'certificates "{ending.place}"', said)


def _names(services: Services) -> Iterator[SiteWarning]:
    """Those that made themselves are made anew with the names of the settings."""
    wanted = names_of(services.manager.site.ocpp_server.names)
    held = services.office.set_named(SERVER_SET)
    for each in held.certificates if held is not None else ():
        if each.role != Role.OWN or each.origin == Origin.SELF_SIGNED:
            continue
        named = each.names or (each.common_name,)
        missing = ", ".join(host for host in wanted if not is_named(host, named))
        if missing:
            yield SiteWarning(
                "ocpp_server › names",
                f"our certificate {each.id} ({each.key}) does not name {missing}: whoever checks "
                "that does not connect; import one that does, or issue it with `wattgate cert "
                "server --install` and every name as --name",
            )


def _files(services: Services) -> Iterator[SiteWarning]:
    """R87."""
    files = services.manager.files
    if files.closed_because:
        yield SiteWarning(
            "file_relay › port",
            f"cannot be listened on: {files.closed_because}; no firmware and no diagnostics pass",
        )
    for transfer, problem in files.transfers():
        if problem:
            yield SiteWarning(
                f'wallbox "{transfer.station_id}"',
                f"a file of {transfer.action} {_NOT_THERE[transfer.direction]}: {problem}",
            )


_NOT_THERE: Final = {
    Direction.DOWNLOAD: "has not come from the backend's server",
    Direction.UPLOAD: "has not reached the backend's server",
}


def _http_port(services: Services) -> Iterator[SiteWarning]:
    if services.exposure is not None:
        yield SiteWarning("HTTP port", services.exposure)


_WARNERS: Final[tuple[SiteWarner, ...]] = (
    _settings,
    _store,
    _certificates,
    _names,
    _files,
    _http_port,
)
