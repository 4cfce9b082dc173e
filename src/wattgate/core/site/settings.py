"""How one setting is defined: once, next to its field.

The fields of `wattgate.core.site.model` carry what is told here as metadata; reading a file,
the API's JSON, merging and the reference page all walk these definitions, so that a new setting
is one new field (architecture rule 10).
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from enum import StrEnum
from typing import Any, Final, get_args

from wattgate.core.gateway.commands.rights import Rights

_KEY: Final = "wattgate"


class Secrecy(StrEnum):
    """Who may know a setting."""

    OPEN = "open"
    HIDDEN = "hidden"
    """We have to know it; it is kept out of everything that people or logs read."""
    HASHED = "hashed"
    """Nobody has to know it, we neither: only what proves it is kept, under a key (S4)."""


Kind = type[str] | type[bool] | type[int] | type[float] | type[StrEnum] | type[Rights]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: what it means, in which unit, within which inclusive range; who may know it."""

    meaning: str
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    secrecy: Secrecy = Secrecy.OPEN


@dataclass(frozen=True, slots=True)
class Table:
    """A table of settings under its own key; `repeated` ones are a list of such tables.

    A problem's path calls an entry by the value of `named_by` (`evse "stall-1"`), or by its
    number where that is empty (`gateway 1`). An entry is the same as before where the value of
    the first of `known_by` is; the others tell apart those that have it in common.
    """

    key: str
    meaning: str
    of: type[Any]
    repeated: bool = False
    named_by: str = ""
    known_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingField:
    """A setting with the field that holds it; `required` where there is no default."""

    name: str
    about: Setting
    kind: Kind
    optional: bool
    required: bool
    default: object


@dataclass(frozen=True, slots=True)
class TableField:
    """A table with the field that holds it."""

    name: str
    about: Table


Definition = SettingField | TableField


def setting(
    meaning: str,
    *,
    unit: str = "",
    at_least: float | None = None,
    at_most: float | None = None,
    secrecy: Secrecy = Secrecy.OPEN,
) -> Mapping[str, Setting]:
    """Metadata of a dataclass field that is one setting."""
    return {_KEY: Setting(meaning, unit, at_least, at_most, secrecy)}


def table(key: str, of: type[Any], meaning: str) -> Mapping[str, Table]:
    """Metadata of a dataclass field that is one table `[key]`."""
    return {_KEY: Table(key, meaning, of)}


def tables(
    key: str, of: type[Any], meaning: str, *, named_by: str = "", known_by: tuple[str, ...] = ()
) -> Mapping[str, Table]:
    """Metadata of a dataclass field that is a list of tables `[[key]]`."""
    return {_KEY: Table(key, meaning, of, True, named_by, known_by or (named_by,))}


def definitions(model: type[Any]) -> Iterator[Definition]:
    """Every setting and table of a settings class, in the order of its fields."""
    for each in fields(model):
        about = each.metadata[_KEY]
        if isinstance(about, Table):
            yield TableField(each.name, about)
        else:
            yield _setting_field(each, about)


def _setting_field(each: Field[Any], about: Setting) -> SettingField:
    kinds = [kind for kind in get_args(each.type) or (each.type,) if kind is not type(None)]
    return SettingField(
        name=each.name,
        about=about,
        kind=kinds[0],
        optional=type(None) in get_args(each.type),
        required=each.default is MISSING,
        default=None if each.default is MISSING else each.default,
    )


def key_of(definition: Definition) -> str:
    """The key of a setting or table in the site file."""
    return definition.about.key if isinstance(definition, TableField) else definition.name
