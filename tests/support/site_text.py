"""Site files for tests, written from values."""

import json
from collections.abc import Mapping, Sequence

Value = str | float | bool
GatewayFields = Mapping[str, Value | Sequence[str]]


def site(*tables: str, **fields: Value) -> str:
    """A site file that listens on this machine only; 32 A per phase unless `fields` say else."""
    return _site({}, tables, fields)


def secure_site(tls: str, *tables: str, **fields: Value) -> str:
    """The same, with this TLS on the OCPP port: `detect` or `on`."""
    return _site({"tls": tls}, tables, fields)


def _site(port: Mapping[str, Value], tables: Sequence[str], fields: Mapping[str, Value]) -> str:
    place: dict[str, Value] = {"max_current_a": 32, "house_load_a": 0, "reserve_a": 0}
    heads = (
        table("[site]", place | dict(fields)),
        table("[ocpp_server]", {"host": "127.0.0.1", **port}),
    )
    return "\n".join([*heads, *tables])


def evse(id: str, address: str, *gateways: GatewayFields, **fields: Value) -> str:
    """An EVSE with its gateways."""
    own = table("[[evse]]", {"id": id, "address": address, "max_current_a": 16, **fields})
    return own + "".join(table("[[evse.gateway]]", gateway) for gateway in gateways)


def wallbox(id: str, **fields: Value) -> str:
    """What belongs to a wallbox as a whole."""
    return table("[[wallbox]]", {"id": id, **fields})


def card(id_tag: str) -> str:
    """A card that may charge where no backend decides."""
    return table("[[card]]", {"id_tag": id_tag})


def table(head: str, fields: Mapping[str, Value | Sequence[str]]) -> str:
    """One table; JSON's values are TOML's as well."""
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    return "\n".join([head, *lines]) + "\n"
