"""Settings of a backend as words of the command line, and as lines for a person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_words import plain
from wattgate.core.gateway.commands.rights import WORDS, Rights
from wattgate.core.site.model import GatewaySettings
from wattgate.core.site.settings import SettingField, definitions

Settings = dict[str, object]
"""In the shape of `[[evse.gateway]]`."""

_FIELDS: Final[Mapping[str, SettingField]] = {
    each.name: each for each in definitions(GatewaySettings) if isinstance(each, SettingField)
}
_FLAGS: Final = {"true": True, "false": False}
_HEAD: Final = ("url", "client_id", "role")
"""What a backend is called by; its other settings follow where they are not as usual."""


def settings_of(words: Sequence[str]) -> Settings:
    """Read `url=ws://…` and its like; whether that makes sense is for the manager to say.

    Raises MisuseError for a word without `=`, and for one setting twice.
    """
    found: Settings = {}
    for word in words:
        name, has_value, text = word.partition("=")
        if not has_value:
            raise MisuseError(plain(f"{word}: must be a setting and its value, as role=report"))
        if name in found:
            raise MisuseError(plain(f"{name}: is there twice"))
        found[name] = _value(name, text)
    return found


def _value(name: str, text: str) -> object:
    field = _FIELDS.get(name)
    if field is not None and field.kind is bool:
        return _FLAGS.get(text, text)
    if field is not None and field.kind is Rights and text not in WORDS:
        return [each.strip() for each in text.split(",") if each.strip()]
    return text


def in_words(gateways: Iterable[Settings]) -> Iterator[str]:
    """A line per backend, below it a line per setting that is not as usual."""
    for number, gateway in enumerate(gateways, 1):
        client_id = gateway.get("client_id")
        identity = f" as {client_id}" if client_id else ""
        yield plain(f"{number}  {gateway.get('role')}  {gateway.get('url')}{identity}")
        for name, value in gateway.items():
            if name not in _HEAD and not _is_usual(name, value):
                yield plain(f"     {name}: {_shown(value)}")


def _is_usual(name: str, value: object) -> bool:
    field = _FIELDS.get(name)
    return field is not None and value == field.default


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
