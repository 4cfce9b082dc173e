"""Whether commands that name things reach a wallbox under the right numbers (R60, R97, R101, R105).

Every command carries a mark by which it is known again at the wallbox: the card of a start or of
a reservation, the limit of a profile. Reads the journal with `json` only.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.interleaving import Story, usual_command
from tests.support.interleaving_audit import call_of
from tests.support.interleaving_logins import Login
from tests.support.shaky_links import MANAGER

FIRST_LIMIT: Final = 1000
"""Limits of backends are above, those of the manager below: so they are told apart."""

_PER_BACKEND: Final = 10_000
_NAMED: Final = (1, 2, 3)
"""The ids that every backend uses, so that they are equal all the time."""


def marked_command(story: Story, login: Login) -> tuple[str, str]:
    """What any backend may ask, and things with a number of its own."""
    if story.chance.random() < 0.5:
        return usual_command(story, login)
    chance, backend = story.chance, story.backends[login.backend]
    mark = f"{login.backend[:2]}{len(backend.commands)}"
    limit = FIRST_LIMIT + _PER_BACKEND * list(story.backends).index(login.backend)
    limit += len(backend.commands)
    at, named = chance.choice(tuple(login.numbers.values())), chance.choice(_NAMED)
    until = '"expiryDate":"2026-12-15T12:00:00Z"'
    schedule = (
        f'"chargingSchedule":{{"chargingRateUnit":"A","chargingSchedulePeriod":'
        f'[{{"startPeriod":0,"limit":{limit}.0}}]}}'
    )
    return chance.choice(
        (
            ("RemoteStartTransaction", f'{{"idTag":"{mark}","connectorId":{at}}}'),
            (
                "ReserveNow",
                f'{{"connectorId":{at},{until},"idTag":"{mark}","reservationId":{named}}}',
            ),
            ("CancelReservation", f'{{"reservationId":{named}}}'),
            (
                "SetChargingProfile",
                f'{{"connectorId":{at},"csChargingProfiles":{{"chargingProfileId":{named},'
                f'"stackLevel":{named},"chargingProfilePurpose":"TxDefaultProfile",'
                f'"chargingProfileKind":"Relative",{schedule}}}}}',
            ),
            ("ClearChargingProfile", f'{{"id":{named}}}'),
        )
    )


@dataclass(frozen=True, slots=True)
class Named:
    """What a backend calls something: it, and its number there."""

    login: Login
    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A marked command as its backend sent it."""

    login: Login
    payload: Mapping[str, Any]


class MappingAudit:
    """What the wallboxes of one story were told of such things."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._asked = dict(self._read_asked())

    def complaints(self) -> list[str]:
        """Everything that reached a wallbox under a number that is not its own."""
        return [complaint for box in self._story.boxes for complaint in self._of(box)]

    def _read_asked(self) -> Iterator[tuple[str, Asked]]:
        for login in self._story.logins:
            for each in self._story.backends[login.backend].commands:
                payload = json.loads(each.text)
                mark = _mark_of(each.action, payload)
                if each.station == login.client_id and mark is not None:
                    yield mark, Asked(login, payload)

    def _of(self, box: str) -> Iterator[str]:
        owners: dict[tuple[str, int], Named] = {}
        for entry in self._story.net.journal:
            call = call_of(entry.text)
            if (entry.party, entry.who, entry.what) != (box, MANAGER, "sent") or call is None:
                continue
            action, payload = call[1], json.loads(call[2])
            mark = _mark_of(action, payload)
            asked = self._asked.get(mark) if mark is not None else None
            if asked is not None:
                yield from self._wrong_place(box, action, payload, asked)
                yield from self._wrong_number(box, action, payload, asked, owners)
            elif action in _REMOVED_BY:
                yield from self._wrong_removal(box, action, payload, owners)

    def _wrong_place(
        self, box: str, action: str, payload: Mapping[str, Any], asked: Asked
    ) -> Iterator[str]:
        at = payload["connectorId"]
        if asked.login.box != box or asked.login.numbers.get(at) != asked.payload["connectorId"]:
            yield f"{box}: {action} at {at}, which {asked.login.party} meant for {asked.payload}"
        if not asked.login.may(action):
            yield f"{box}: {action} of {asked.login.party}, which may not do that"

    def _wrong_number(
        self,
        box: str,
        action: str,
        payload: Mapping[str, Any],
        asked: Asked,
        owners: dict[tuple[str, int], Named],
    ) -> Iterator[str]:
        """Two backends' things never have one number there, or one would replace the other."""
        if action not in _NUMBERS:
            return
        number, named = _NUMBERS[action](payload), _NUMBERS[action](asked.payload)
        owner = owners.setdefault((action, number), Named(asked.login, named))
        if owner != Named(asked.login, named):
            yield f"{box}: {action} {number} is {asked.login.party}'s {named} and {owner}"

    def _wrong_removal(
        self,
        box: str,
        action: str,
        payload: Mapping[str, Any],
        owners: Mapping[tuple[str, int], Named],
    ) -> Iterator[str]:
        """Who made it has asked for its end, by its own number."""
        set_by, key = _REMOVED_BY[action]
        owner = owners.get((set_by, payload.get(key, -1)))
        if owner is None:
            return  # ours, or one that was never there
        wanted = [
            json.loads(each.text).get(key)
            for each in self._story.backends[owner.login.backend].commands
            if (each.station, each.action) == (owner.login.client_id, action)
        ]
        if owner.number not in wanted:
            yield f"{box}: {action} {payload} removes {owner}, unasked"


_NUMBERS: Final = {
    "ReserveNow": lambda payload: payload["reservationId"],
    "SetChargingProfile": lambda payload: payload["csChargingProfiles"]["chargingProfileId"],
}
_REMOVED_BY: Final = {
    "CancelReservation": ("ReserveNow", "reservationId"),
    "ClearChargingProfile": ("SetChargingProfile", "id"),
}


def _mark_of(action: str, payload: Mapping[str, Any]) -> str | None:
    """By what a command is known again; None where it has no mark."""
    if action in ("RemoteStartTransaction", "ReserveNow"):
        return f"{action} {payload['idTag']}" if payload["idTag"] != "04A1" else None
    if action == "SetChargingProfile":
        schedule = payload["csChargingProfiles"]["chargingSchedule"]
        limit = schedule["chargingSchedulePeriod"][0]["limit"]
        return f"{action} {limit:g}" if limit >= FIRST_LIMIT else None
    return None
