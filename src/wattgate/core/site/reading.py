"""From TOML text or a mapping to a `Site`, or to everything that is wrong with it."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.site.checks import check
from wattgate.core.site.findings import Findings, Path, entry, suggestion
from wattgate.core.site.model import Site
from wattgate.core.site.settings import (
    Definition,
    SettingField,
    Table,
    definitions,
    key_of,
)
from wattgate.core.site.values import Wrong, read_value, shown

_Model = TypeVar("_Model")

_WHERE: Final = re.compile(r"(?P<what>.*) \(at (?P<where>[^)]*)\)", re.DOTALL)


def read_toml(text: str) -> Site:
    """Read a whole site file.

    Raises ConfigError with every problem at once; where the text is no TOML, with that one.
    """
    return read_mapping(parse_toml(text))


def parse_toml(text: str) -> Mapping[str, object]:
    """Read the text of a site file without judging what it says.

    Raises ConfigError with the line where the text stops being TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError([Problem("the file", "is nested too deeply")]) from None
    except ValueError as exc:  # also what int() and datetime say of values they cannot hold
        raise ConfigError([_syntax_problem(str(exc))]) from None


def read_mapping(mapping: Mapping[str, object]) -> Site:
    """Read a site in the shape of its file.

    Raises ConfigError with every problem at once: unknown keys, wrong types and ranges, and
    what does not go together.
    """
    findings = Findings()
    site = read_table(Site, mapping, (), findings)
    check(site, findings)
    if findings.problems:
        raise ConfigError(findings.problems)
    return site


def _syntax_problem(message: str) -> Problem:
    found = _WHERE.fullmatch(message)
    if found is None:
        return Problem("the file", f"is not TOML: {message}")
    return Problem(found["where"], f"is not TOML: {found['what']}")


def read_table(
    model: type[_Model], mapping: Mapping[Any, object], path: Path, to: Findings
) -> _Model:
    """Read one table by the definitions of `model`; what is wrong in it is added to `to`.

    A required setting that is missing or wrong is an empty text in what is returned.
    """
    known = {key_of(each): each for each in definitions(model)}
    _report_unknown(mapping, known, path, to)
    values: dict[str, object] = {}
    for key, definition in known.items():
        place = (*path, key)
        if isinstance(definition, SettingField):
            values[definition.name] = _read_setting(definition, mapping, place, to)
        elif key in mapping:
            values[definition.name] = _read_tables(definition.about, mapping[key], place, to)
    return model(**values)


def _report_unknown(
    mapping: Mapping[Any, object], known: Mapping[str, Definition], path: Path, to: Findings
) -> None:
    for key in mapping:
        if key in known:
            continue
        meant = suggestion(str(key), known)
        called = str(key) if str(key).isprintable() else ascii(key)
        if meant is None:
            to.add((*path, called), f"is unknown; known here: {', '.join(known)}")
        else:
            to.add((*path, called), f'is unknown; did you mean "{meant}"?')
            if meant not in mapping:
                to.doubt((*path, meant))


def _read_setting(
    field: SettingField, mapping: Mapping[Any, object], place: Path, to: Findings
) -> object:
    stand_in = "" if field.required else field.default  # what is required is always a text
    if field.name not in mapping:
        if field.required and to.sound([place]):
            to.add(place, "is required")
        return stand_in
    value = read_value(field, mapping[field.name])
    if isinstance(value, Wrong):
        to.add(place, value.message)
        return stand_in
    return value


def _read_tables(about: Table, value: object, place: Path, to: Findings) -> object:
    if not about.repeated:
        if isinstance(value, Mapping):
            return read_table(about.of, value, place, to)
        to.add(place, f"must be a table [{about.key}], not {shown(value)}")
        return _nothing_in(about.of)
    if not isinstance(value, list | tuple):
        to.add(place, f"must be a list of tables [[{about.key}]], not {shown(value)}")
        return ()
    return tuple(
        _read_entry(about, each, number, place[:-1], to) for number, each in enumerate(value, 1)
    )


def _read_entry(about: Table, value: object, number: int, above: Path, to: Findings) -> object:
    if isinstance(value, Mapping):
        place = (*above, entry(about, number, value.get(about.named_by)))
        read = read_table(about.of, value, place, to)
        numbered = (*above, entry(about, number, None))
        if place != numbered and not to.sound([(*place, about.named_by)]):
            to.doubt(numbered)  # without its name it has only its number, and was judged already
        return read
    place = (*above, entry(about, number, None))
    to.add(place, f"must be a table [[{about.key}]], not {shown(value)}")
    return _nothing_in(about.of)


def _nothing_in(model: type[Any]) -> object:
    """Stand in for an entry that could not be read; it keeps the later ones their numbers."""
    required = (each for each in definitions(model) if isinstance(each, SettingField))
    return model(**{each.name: "" for each in required if each.required})
