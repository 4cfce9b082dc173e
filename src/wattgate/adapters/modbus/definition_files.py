"""Definitions of wallboxes: those that come with Wattgate, and files that people write."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.modbus.definition_reading import read_definition
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.site.choices import DeviceType
from wattgate.core.site.devices import EvseSettings
from wattgate.core.site.findings import suggestion

FOLDER: Final = Path(__file__).parent / "definitions"
"""The files that come with Wattgate; each has the name of its definition."""

LARGEST_BYTES: Final = 256_000
"""A definition file is never larger."""


def shipped() -> Mapping[str, Definition]:
    """The definitions that come with Wattgate, by name."""
    files = sorted(FOLDER.glob("*.toml"))
    return {path.stem: read_definition(path.read_text(encoding="utf-8")) for path in files}


def load(name: str) -> Definition:
    """The shipped definition of this name, or the one in the file at this path.

    Raises:
        ConfigError: there is neither, or the file has problems; all of them.
    """
    path = FOLDER / f"{name}.toml" if _is_name(name) else Path(name)
    if _is_name(name) and not path.is_file():
        raise ConfigError([Problem(f'"{name}"', _unknown(name))])
    return _read(path)


def definition_of(settings: EvseSettings) -> Definition:
    """The definition by which an EVSE on Modbus is spoken to.

    Raises:
        ConfigError: as `load`, with the EVSE in each path.
    """
    if settings.device_type is DeviceType.POWER_BRAIN:
        return POWER_BRAIN_DEFINITION
    try:
        return load(settings.definition)
    except ConfigError as exc:
        where = f'evse "{settings.id}" › definition'
        raise ConfigError(
            [replace(each, path=f"{where} › {each.path}") for each in exc.problems]
        ) from exc


def definitions_of(evses: Iterable[EvseSettings]) -> dict[str, Definition]:
    """The definitions of EVSEs on Modbus, by EVSE id.

    One that cannot be used is left out where the EVSE is out of service: it may be long gone from
    the site file, and its definition with it.

    Raises:
        ConfigError: others cannot be used; all of their problems.
    """
    found: dict[str, Definition] = {}
    problems: list[Problem] = []
    for settings in evses:
        try:
            found[settings.id] = definition_of(settings)
        except ConfigError as exc:
            problems += exc.problems if settings.enabled else ()
    if problems:
        raise ConfigError(problems)
    return found


def _is_name(name: str) -> bool:
    return "/" not in name and not name.endswith(".toml")


def _unknown(name: str) -> str:
    names = [path.stem for path in sorted(FOLDER.glob("*.toml"))]
    meant = suggestion(name, names)
    hint = f'; did you mean "{meant}"?' if meant else f"; there are {', '.join(names)}"
    return f"does not come with Wattgate{hint} (a file is named by its path)"


def _read(path: Path) -> Definition:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError([Problem(str(path), "is too large to be a definition")])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Problem(str(path), "is no text in UTF-8")]) from None
    except OSError as exc:
        raise ConfigError([Problem(str(path), f"cannot be read: {exc.strerror}")]) from None
    try:
        return read_definition(text)
    except ConfigError as exc:
        raise ConfigError(
            [replace(each, path=f"{path} › {each.path}") for each in exc.problems]
        ) from None
