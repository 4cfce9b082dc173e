"""From a `Site` to the shape of its file: what the API gives out and the store keeps."""

from typing import Any

from wattgate.core.site.model import Site
from wattgate.core.site.settings import Definition, Secrecy, SettingField, definitions, key_of

SiteMapping = dict[str, Any]
"""A site in the shape of its file, as JSON and TOML libraries take it."""


def to_mapping(site: Site, *, secrets: bool) -> SiteMapping:
    """Write every setting under the key it has in the file.

    Without `secrets` the passwords are left out; applied or patched back, what is left out
    keeps its value.
    """
    return _written(site, secrets)


def _written(table: object, secrets: bool) -> SiteMapping:
    return {
        key_of(each): _value(each, getattr(table, each.name), secrets)
        for each in definitions(type(table))
        if secrets or not _is_secret(each)
    }


def _is_secret(each: Definition) -> bool:
    return isinstance(each, SettingField) and each.about.secrecy is not Secrecy.OPEN


def _value(each: Definition, value: object, secrets: bool) -> object:
    if isinstance(each, SettingField):
        return str(value) if isinstance(value, str) else value  # a choice as a plain word
    if isinstance(value, tuple):
        return [_written(one, secrets) for one in value]
    return _written(value, secrets)
