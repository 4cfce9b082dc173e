"""Reading one value as its definition says; what is wrong is a value too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final, TypeGuard
from unicodedata import category

from wattgate.core.gateway.commands.rights import COMMANDS, WORDS, Rights
from wattgate.core.security.passwords import MARK, is_kept
from wattgate.core.site.findings import suggestion
from wattgate.core.site.settings import Secrecy, Setting, SettingField

_UNREADABLE: Final = {"Cc", "Cs"}
"""Unicode categories no text may contain: control characters, halves of surrogate pairs."""

_LONGEST_SHOWN: Final = 40
_HUGE: Final = 10**18
"""From here on a whole number is not printed: it may have millions of digits."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a value cannot be taken, in words that end a sentence begun with its path."""

    message: str


def read_value(field: SettingField, value: object) -> object:
    """Return the value as the model holds it, or `Wrong`.

    `true` is not a number, 16 will do for 16.0, and null is only for what may be unsaid.
    """
    if value is None and field.optional:
        return None
    if issubclass(field.kind, StrEnum):
        return _read_choice(field.kind, value)
    return _READERS[field.kind](field, value)


def are_tables(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    """Whether this is what `[[…]]` reads as, whatever the tables say."""
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def shown(value: object) -> str:
    """A value as a message may quote it: short, and in one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            cut = value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + "…"
            return f'the text "{cut}"'
        case int() if abs(value) >= _HUGE:
            return "a huge number"
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case _:
            return str(value)


def _read_choice(kind: type[StrEnum], value: object) -> object:
    words = [each.value for each in kind]
    if isinstance(value, str) and value in words:
        return kind(value)
    meant = suggestion(value, words) if isinstance(value, str) else None
    hint = f'; did you mean "{meant}"?' if meant else ""
    return Wrong(f"must be one of {', '.join(words)}, not {shown(value)}{hint}")


def _read_text(field: SettingField, value: object) -> object:
    about = field.about
    if not isinstance(value, str):
        is_open = about.secrecy is Secrecy.OPEN
        return Wrong("must be a text in quotes" + (f", not {shown(value)}" if is_open else ""))
    if field.required and not value:
        return Wrong("must not be empty")
    if any(category(character) in _UNREADABLE for character in value):
        return Wrong("must not contain control characters")
    if about.at_most is not None and len(value) > about.at_most:
        return Wrong(f"must have at most {about.at_most:g} characters, not {len(value)}")
    if about.secrecy is Secrecy.HASHED and value.startswith(MARK) and not is_kept(value):
        return Wrong(f'must not begin with "{MARK}", as passwords do that are kept already')
    return value


def _read_flag(_field: SettingField, value: object) -> object:
    return value if isinstance(value, bool) else Wrong(f"must be true or false, not {shown(value)}")


def _read_whole_number(field: SettingField, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        return Wrong(f"must be a whole number, not {shown(value)}")
    return _out_of_range(field.about, value) or value


def _read_number(field: SettingField, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Wrong(f"must be a number, not {shown(value)}")
    if isinstance(value, float) and not isfinite(value):
        return Wrong(f"must be a finite number, not {value}")
    return _out_of_range(field.about, value) or float(value)


def _read_rights(_field: SettingField, value: object) -> object:
    """One of the words, or a list of commands; an empty one is `none`."""
    if isinstance(value, str) and value in WORDS:
        return Rights((value,))
    if not isinstance(value, list | tuple):
        return Wrong(f"must be {', '.join(WORDS)}, or a list of commands, not {shown(value)}")
    unknown = [each for each in value if each not in COMMANDS]
    if not unknown:
        return Rights.to(*value)
    meant = suggestion(unknown[0], COMMANDS) if isinstance(unknown[0], str) else None
    hint = f'; did you mean "{meant}"?' if meant else ""
    return Wrong(f"must list commands of a backend; {shown(unknown[0])} is none{hint}")


def _out_of_range(about: Setting, value: float) -> Wrong | None:
    unit = f" {about.unit}" if about.unit else ""
    if about.at_least is not None and value < about.at_least:
        return Wrong(f"must be at least {about.at_least:g}{unit}, not {shown(value)}")
    if about.at_most is not None and value > about.at_most:
        return Wrong(f"must be at most {about.at_most:g}{unit}, not {shown(value)}")
    return None


_READERS: Final[Mapping[type, Callable[[SettingField, object], object]]] = {
    str: _read_text,
    bool: _read_flag,
    int: _read_whole_number,
    float: _read_number,
    Rights: _read_rights,
}
