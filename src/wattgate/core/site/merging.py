"""Applying a site file to what is stored, and a PATCH to what is served."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.site.model import Site
from wattgate.core.site.reading import read_mapping
from wattgate.core.site.settings import Table, TableField, definitions, key_of
from wattgate.core.site.sharing import in_step
from wattgate.core.site.values import are_tables, shown
from wattgate.core.site.writing import SiteMapping, to_mapping

_PATCHED_TABLES: Final = ("site", "ocpp_server", "storage", "file_relay")
_OTHER_TABLES: Final = tuple(
    key_of(each) for each in definitions(Site) if key_of(each) not in _PATCHED_TABLES
)


def applied(stored: Mapping[str, object] | None, file: Mapping[str, object]) -> SiteMapping:
    """Put a file over what is stored; applying it twice changes nothing.

    The file wins for the keys it has. Its EVSEs are in service unless they say otherwise; one
    that is no longer in it stays, deactivated, with what the file says of a login that it shares.
    Other lists are replaced where the file has them (`card = []` empties one); their entries keep
    what the file does not say, as passwords.
    Nothing is judged here: read the result with `read_mapping`.
    """
    before = dict(stored or {})
    evses = before.pop("evse", [])
    if not are_tables(evses):
        return {**before, **file}
    file = {"evse": [], **file}
    in_service = [_without(each, "enabled", *_outlived(each, file["evse"])) for each in evses]
    merged = _merged(Site, {**before, "evse": in_service}, file)
    wanted = merged["evse"]
    if are_tables(wanted):
        known = [each.get("id") for each in wanted]
        gone = [each for each in evses if each.get("id") not in known]
        merged["evse"] = [*wanted, *({**in_step(each, wanted), "enabled": False} for each in gone)]
    return merged


def patched(site: Site, patch: Mapping[str, object]) -> Site:
    """Change settings of `[site]`, given directly or as a table, and the other single tables.

    Raises ConfigError with every problem; nothing has been changed then.
    """
    mapping = to_mapping(site, secrets=True)
    problems: list[Problem] = []
    for key, value in patch.items():
        if key in _OTHER_TABLES:
            problems.append(Problem(key, "cannot be changed here; the site file describes it"))
        elif key not in _PATCHED_TABLES:
            mapping["site"][key] = value
        elif isinstance(value, Mapping):
            mapping[key] |= value
        else:
            problems.append(Problem(key, f"must be a table, not {shown(value)}"))
    try:
        changed = read_mapping(mapping)
    except ConfigError as exc:
        raise ConfigError([*problems, *exc.problems]) from None
    if problems:
        raise ConfigError(problems)
    return changed


def patched_evse(site: Site, evse_id: str, patch: Mapping[str, object]) -> Site:
    """Change settings of one EVSE, which must be in the site.

    Raises ConfigError with every problem of the whole site; nothing has been changed then.
    """
    mapping = to_mapping(site, secrets=True)
    mapping["evse"] = [
        {**each, **patch} if each["id"] == evse_id else each for each in mapping["evse"]
    ]
    return read_mapping(mapping)


def _merged(
    model: type[Any], stored: Mapping[str, object], file: Mapping[str, object]
) -> SiteMapping:
    merged: SiteMapping = {**stored, **file}
    for each in definitions(model):
        key = key_of(each)
        if isinstance(each, TableField) and key in stored and key in file:
            merged[key] = _merged_tables(each.about, stored[key], file[key])
    return merged


def _merged_tables(about: Table, stored: object, file: object) -> object:
    if not about.repeated:
        if isinstance(stored, Mapping) and isinstance(file, Mapping):
            return _merged(about.of, stored, file)
        return file
    if not are_tables(stored) or not are_tables(file):
        return file
    return [_merged(about.of, entry_before(about, each, stored, file), each) for each in file]


def entry_before(
    about: Table,
    entry: Mapping[str, object],
    stored: Sequence[Mapping[str, object]],
    file: Sequence[Mapping[str, object]],
) -> Mapping[str, object]:
    """Return the stored entry that `entry` goes on from; an empty one where it is new."""
    name, *more = about.known_by
    before = [each for each in stored if each.get(name) == entry.get(name)]
    now = [each for each in file if each.get(name) == entry.get(name)]
    if len(before) > 1 or len(now) > 1:
        before = [each for each in before if _said(each, more) == _said(entry, more)]
    return next(iter(before), {})


def _said(entry: Mapping[str, object], keys: Sequence[str]) -> list[object]:
    return [entry.get(key, "") for key in keys]


def _outlived(stored: Mapping[str, object], evses: object) -> tuple[str, ...]:
    """Settings of a stored EVSE that go with the kind of wallbox that it is no longer."""
    if not are_tables(evses):
        return ()
    now = next((each for each in evses if each.get("id") == stored.get("id")), {})
    is_another = "device_type" in now and now["device_type"] != stored.get("device_type")
    return ("definition",) if is_another else ()


def _without(table: Mapping[str, object], *keys: str) -> Mapping[str, object]:
    return {name: value for name, value in table.items() if name not in keys}
