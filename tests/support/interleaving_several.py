"""Random stories of wallboxes with two connectors, each with up to three backends (P20, R106)."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.interleaving import DEEDS, Story, story_of
from tests.support.interleaving_logins import Login
from tests.support.interleaving_mappings import marked_command
from tests.support.site_text import GatewayFields, evse

BACKENDS: Final = ("one", "two", "three")
CONNECTORS: Final = (1, 2)

CALM: Final[Mapping[str, int]] = {
    "box_charges": 20,
    "box_stops": 5,
    "box_measures": 5,
    "backend_commands": 150,
    "manager_dies": 1,
}
"""What happens where the network is good and the backends want a lot."""

RIGHTS: Final[Mapping[str, tuple[str | list[str] | None, frozenset[str]]]] = {
    "by role": (None, frozenset({"GetConfiguration", "TriggerMessage"})),
    "read": ("read", frozenset({"GetConfiguration", "TriggerMessage"})),
    "none": ("none", frozenset()),
    "some": (
        ["RemoteStopTransaction", "GetConfiguration"],
        frozenset({"RemoteStopTransaction", "GetConfiguration"}),
    ),
}
"""What a backend that reports may ask for: as the site file says it, and what follows."""


@dataclass(frozen=True)
class Gateway:
    """One backend of a wallbox's connectors; it shares a login where it has both of them."""

    backend: str
    box: str
    connectors: tuple[int, ...]
    is_primary: bool
    rights: str = "by role"

    @property
    def client_id(self) -> str:
        """One charge point for both connectors, or one for this connector alone."""
        return self.box if len(self.connectors) > 1 else f"{self.box}-{self.connectors[0]}"

    @property
    def fields(self) -> GatewayFields:
        """As the site file says it."""
        role = {} if self.is_primary else {"role": "report"}
        commands = None if self.is_primary else RIGHTS[self.rights][0]
        rights = {} if commands is None else {"commands": commands}
        return {"url": f"ws://{self.backend}/", "client_id": self.client_id, **role, **rights}

    @property
    def login(self) -> Login:
        """What the backend sees."""
        founder = f"{self.box}-{self.connectors[0]}"
        return Login(
            self.backend,
            self.client_id,
            self.box,
            f"{founder} {self.client_id}@{self.backend}",
            {connector: number for number, connector in enumerate(self.connectors, 1)},
            self.is_primary,
            None if self.is_primary else RIGHTS[self.rights][1],
        )


def gateways_of(box: str, chance: random.Random) -> list[Gateway]:
    """Every backend is primary at one or both connectors, or reports there, or is not there."""
    primary = {connector: chance.choice(BACKENDS) for connector in CONNECTORS}
    found: list[Gateway] = []
    for backend in BACKENDS:
        is_primary = [primary[connector] == backend for connector in CONNECTORS]
        rights = chance.choice(tuple(RIGHTS))
        if len(set(is_primary)) == 1 and chance.random() < 0.6:
            found.append(Gateway(backend, box, CONNECTORS, is_primary[0], rights))
            continue
        for connector in CONNECTORS:
            at_it = primary[connector] == backend
            if at_it or chance.random() < 0.8:
                found.append(Gateway(backend, box, (connector,), at_it, rights))
    return found


def _evses(box: str, gateways: Sequence[Gateway]) -> list[str]:
    return [
        evse(
            f"{box}-{connector}",
            box,
            *(each.fields for each in gateways if connector in each.connectors),
            connector=connector,
        )
        for connector in CONNECTORS
    ]


def a_story_of_several(seed: int) -> Story:
    """One or two wallboxes with two connectors at three backends."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    names = [f"CP{number + 1}" for number in range(chance.randint(1, 2))]
    gateways = {name: gateways_of(name, chance) for name in names}
    tables = [table for name in names for table in _evses(name, gateways[name])]
    logins = [each.login for name in names for each in gateways[name]]
    connectors = dict.fromkeys(names, len(CONNECTORS))
    story = story_of(seed, chance, connectors, tables, logins, BACKENDS)
    story.command_of, story.deeds = marked_command, chance.choice((DEEDS, CALM))
    return story
