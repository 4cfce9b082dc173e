"""A gateway as it is served, written down: enough to serve it when the site has it no longer.

What began at a backend ends there, also where the backend has been taken out of the site.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.devices import EvseSettings
from wattgate.core.site.findings import Findings
from wattgate.core.site.reading import read_table
from wattgate.core.site.writing import table_mapping


@dataclass(frozen=True, slots=True)
class KeptGateway:
    """One gateway of an EVSE: `link_id` and `number` are where it sits there.

    `station_id` and `connector` are its place at its wallbox, `named_after` the EVSE that the link
    is called after. Identity and certificates are spelled out in `gateway`, whatever becomes of
    the EVSE.
    """

    evse_id: str
    station_id: str
    connector: int
    link_id: str
    named_after: str
    number: int
    gateway: GatewaySettings


def spelled_out(
    settings: EvseSettings, gateway: GatewaySettings, named_after: str
) -> GatewaySettings:
    """The gateway of an EVSE with what else is taken from the EVSE and from the link's name."""
    return replace(
        gateway,
        client_id=gateway.identity(settings.own_identity),
        certificates=gateway.certificate_set(named_after),
    )


def kept_text(kept: KeptGateway) -> str:
    """A gateway as text, its password included, for the store alone."""
    words = {
        "evse": kept.evse_id,
        "station": kept.station_id,
        "connector": kept.connector,
        "link": kept.link_id,
        "named_after": kept.named_after,
        "number": kept.number,
        "gateway": table_mapping(kept.gateway, secrets=True),
    }
    return json.dumps(words)


def read_kept(text: str) -> KeptGateway | None:
    """Read what `kept_text` wrote; None for anything else."""
    try:
        words = json.loads(text)
        return _read(words)
    except (ValueError, KeyError, TypeError):
        return None


def _read(words: Mapping[str, Any]) -> KeptGateway | None:
    findings = Findings()
    gateway = read_table(GatewaySettings, words["gateway"], (), findings)
    if findings.problems:
        return None
    return KeptGateway(
        str(words["evse"]),
        str(words["station"]),
        int(words["connector"]),
        str(words["link"]),
        str(words["named_after"]),
        int(words["number"]),
        gateway,
    )
