"""From a `Site` to the shape of its file: what the API gives out and the store keeps."""

from typing import Any

from wattgate.core.gateway.commands.rights import WORDS, Rights
from wattgate.core.site.model import Site
from wattgate.core.site.settings import Definition, Secrecy, SettingField, definitions, key_of

SiteMapping = dict[str, Any]
"""A site in the shape of its file, as JSON and TOML libraries take it."""


def to_mapping(site: Site, *, secrets: bool) -> SiteMapping:
    """Write every setting under the key it has in the file.

    Without `secrets` the passwords are left out; applied or patched back, what is left out
    keeps its value.
    """
    return table_mapping(site, secrets=secrets)


def table_mapping(table: object, *, secrets: bool) -> SiteMapping:
    """Write one table of a site, such as the settings of a gateway, in the same way."""
    return {
        key_of(each): _value(each, getattr(table, each.name), secrets)
        for each in definitions(type(table))
        if secrets or not _is_secret(each)
    }


def _is_secret(each: Definition) -> bool:
    return isinstance(each, SettingField) and each.about.secrecy is not Secrecy.OPEN


def _value(each: Definition, value: object, secrets: bool) -> object:
    if isinstance(each, SettingField):
        return _plain(value)
    if isinstance(value, tuple):
        return [table_mapping(one, secrets=secrets) for one in value]
    return table_mapping(value, secrets=secrets)


def _plain(value: object) -> object:
    match value:
        case str():
            return str(value)  # a choice as a plain word
        case Rights(words=(word,)) if word in WORDS:
            return word
        case Rights(words=actions):
            return list(actions)
        case _:
            return value
