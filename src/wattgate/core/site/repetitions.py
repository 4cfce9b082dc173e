"""What must be there once, and is there twice."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from wattgate.core.site.destinations import Destination, destination, url_complaint
from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.model import EvseSettings, GatewaySettings, Site


@dataclass(frozen=True, slots=True)
class _Claim:
    """An entry that wants `key` for itself; `reads` must be sound for it to count."""

    key: Hashable
    at: Path
    called: str
    reads: tuple[Path, ...] = ()


def report_repetitions(site: Site, to: Findings) -> None:
    """Report ids, connectors, cards and backend identities that two entries claim."""
    for claims, message in _TABLE:
        _report(claims(site), message, to)
    _report_shared_backends(site, to)


def _evse_ids(site: Site) -> Iterable[_Claim]:
    for number, each in enumerate(site.evses, 1):
        yield _Claim(each.id, (f'evse "{each.id}"', "id"), f"evse {number}")


def _wallbox_ids(site: Site) -> Iterable[_Claim]:
    for number, each in enumerate(site.wallboxes, 1):
        yield _Claim(each.id, (f'wallbox "{each.id}"', "id"), f"wallbox {number}")


def _cards(site: Site) -> Iterable[_Claim]:
    """OCPP 1.6 compares idTags without regard to case (R54)."""
    for number, each in enumerate(site.cards, 1):
        place = (f'card "{each.id_tag}"', "id_tag")
        yield _Claim(each.id_tag.casefold(), place, f"card {number}")


def _connectors(site: Site) -> Iterable[_Claim]:
    for each in _named(site):
        evse = f'evse "{each.id}"'
        reads = ((evse, "device_type"), (evse, "address"))
        yield _Claim(each.point, (evse, "connector"), evse, reads)


_TABLE: tuple[tuple[Callable[[Site], Iterable[_Claim]], str], ...] = (
    (_wallbox_ids, "is already the id of {first}"),
    (_evse_ids, "is already the id of {first}"),
    (_cards, "is already {first} (cards differ by more than upper and lower case)"),
    (_connectors, "of this address already belongs to {first}"),
)


def _report(claims: Iterable[_Claim], message: str, to: Findings) -> None:
    first: dict[Hashable, str] = {}
    repeated: list[_Claim] = []
    for claim in claims:
        if not to.sound([claim.at, *claim.reads]):
            continue
        if claim.key in first:
            repeated.append(claim)
        first.setdefault(claim.key, claim.called)
    for claim in repeated:
        to.add(claim.at, message.format(first=first[claim.key]))


def _report_shared_backends(site: Site, to: Findings) -> None:
    """Two EVSEs behind one URL and identity would be one client to the backend.

    Boot, Reset and configuration of two wallboxes behind one identity mean nothing.
    """
    first: dict[Destination, EvseSettings] = {}
    for evse in _named(site):
        for number, gateway in enumerate(evse.gateways, 1):
            place = (f'evse "{evse.id}"', f"gateway {number}")
            if not _is_readable(gateway, evse, place, to):
                continue
            other = first.setdefault(destination(gateway, evse.own_identity), evse)
            if other is not evse:
                to.add((*place, "client_id"), _words_for(evse, other))


def _is_readable(gateway: GatewaySettings, evse: EvseSettings, place: Path, to: Findings) -> bool:
    keys = ("url", "client_id", "append_id")
    places = [*((*place, key) for key in keys), (place[0], "address")]
    return to.sound(places) and url_complaint(gateway.url) is None


def _words_for(evse: EvseSettings, other: EvseSettings) -> str:
    shared = f'the backend of evse "{other.id}" has the same url and client id; '
    if evse.address == other.address:
        return shared + "in this version every EVSE needs its own client id"
    return shared + "two wallboxes cannot share one identity"


def _named(site: Site) -> list[EvseSettings]:
    """EVSEs that are served and can be called by their id."""
    return [each for each in site.served_evses() if each.id]
