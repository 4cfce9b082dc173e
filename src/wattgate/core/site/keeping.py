"""A site as it is kept and run: without the passwords that nobody has to know (S4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wattgate.core.security.passwords import PasswordKey, is_kept
from wattgate.core.site.model import Site
from wattgate.core.site.settings import Definition, Secrecy, SettingField, definitions, key_of


def as_kept(site: Site, key: PasswordKey) -> Site:
    """Put what is kept of them in the place of hashed settings; what is kept already stays."""
    kept: Site = _kept(site, key)
    return kept


def lost_passwords(site: Site, key: PasswordKey) -> tuple[str, ...]:
    """Whose passwords were kept under another key, as the site file names them.

    Nobody gets in with them; written in the site file again they are kept under this key.
    """
    kept = [("ocpp_server", site.ocpp_server.password)]
    kept += [(f'wallbox "{each.id}"', each.password) for each in site.wallboxes]
    return tuple(name for name, password in kept if password and not key.made(password))


def is_readable(stored: Mapping[str, object]) -> bool:
    """Whether a stored site says passwords that nobody has to know, as older versions wrote it.

    `stored` has the shape of the file, and need not be one that can be run.
    """
    return _says(Site, stored)


def _says(model: type[Any], value: object) -> bool:
    if isinstance(value, list):
        return any(_says(model, one) for one in value)
    if not isinstance(value, Mapping):
        return False
    return any(
        _is_password(each, value.get(key_of(each)))
        if isinstance(each, SettingField)
        else _says(each.about.of, value.get(key_of(each)))
        for each in definitions(model)
    )


def _is_password(each: SettingField, value: object) -> bool:
    is_hashed = each.about.secrecy is Secrecy.HASHED
    return is_hashed and isinstance(value, str) and bool(value) and not is_kept(value)


def _kept(table: Any, key: PasswordKey) -> Any:  # noqa: ANN401 - any table of the site
    changes = {
        each.name: _value(each, getattr(table, each.name), key) for each in definitions(type(table))
    }
    return replace(table, **changes)


def _value(each: Definition, value: Any, key: PasswordKey) -> object:  # noqa: ANN401 - of any setting
    if isinstance(each, SettingField):
        return key.kept(value) if each.about.secrecy is Secrecy.HASHED else value
    if isinstance(value, tuple):
        return tuple(_kept(one, key) for one in value)
    return _kept(value, key)
