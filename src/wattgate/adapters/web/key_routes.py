"""`/api/v1/wallboxes/<ChargeBox ID>/key`: a key of its own instead of a password (R24)."""

from http import HTTPStatus
from typing import Annotated, Final, Literal

import msgspec
from litestar import delete, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from wattgate.adapters.web import key_words
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.core.station.wallbox_key import KeyStep
from wattgate.runtime.station.key_writing import KeyNotWritten
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.wallbox_keys import BY_CERTIFICATE

_UNKNOWN: Final = "No wallbox has this ChargeBox ID"
_NOT_NOW: Final = "Not now, for the reason that is told; nothing has been changed"

ProvesWith = Literal["nothing", "common password", "own password", "key", "certificate"]
"""What a wallbox has to prove itself with."""

StepName = Annotated[
    KeyStep | None,
    Meta(
        description="Of a new key: shown (somebody enters it), sent, taken (it should come back "
        "with it), after-restart (it uses it then), set-aside (it came with what it had before)"
    ),
]


class KeyState(msgspec.Struct, frozen=True):
    """What a wallbox has to prove itself with."""

    proves_with: Annotated[ProvesWith, Meta(description="What opens the door for it")]
    next: StepName
    says: Annotated[str, Meta(description="The same for a person")]


class KeyWish(msgspec.Struct, frozen=True):
    """A new key that is wanted."""

    write: Annotated[
        bool, Meta(description="Write it into the wallbox; without, it is told, and once only")
    ] = False
    restart: Annotated[
        bool, Meta(description="Restart a wallbox that asks for that, unless a car charges there")
    ] = False


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made."""

    authorization_key: Annotated[
        str | None,
        Meta(description="40 hexadecimal digits, to be entered at the wallbox; null: written"),
    ]
    next: StepName
    says: Annotated[str, Meta(description="How that went, for a person")]


@get(
    "/api/v1/wallboxes/{station_id:str}/key",
    operation_id="read_key",
    summary="What a wallbox proves itself with",
    tags=["wallboxes"],
    responses=documented({404: _UNKNOWN}),
)
async def read_key(services: GivenServices, station_id: FromPath[str]) -> KeyState:
    """Tell what opens the door for a wallbox, and how far a new key is; never the key itself."""
    return _state(services, _found(services, station_id))


@post(
    "/api/v1/wallboxes/{station_id:str}/key",
    operation_id="make_key",
    summary="Make a key for a wallbox",
    tags=["wallboxes"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NOT_NOW}),
)
async def make_key(
    services: GivenServices, station_id: FromPath[str], data: JSONBody[KeyWish]
) -> NewKey:
    """Make a random key for a wallbox: told once, or written into it as AuthorizationKey.

    Until the wallbox has come with it, what it had before opens the door as well. A wallbox that
    does not hang up by itself after accepting it is asked to come back, once.
    """
    station = _found(services, station_id)
    writing, keys = services.manager.key_writing, services.manager.keys
    try:
        if not data.write:
            text = await writing.show(station_id)
            return NewKey(text, keys.of(station_id).step, key_words.SHOWN)
        written = await writing.write(station, restart=data.restart)
    except KeyNotWritten as exc:
        raise _conflict(exc) from None
    return NewKey(None, keys.of(station_id).step, key_words.of_writing(written))


@delete(
    "/api/v1/wallboxes/{station_id:str}/key",
    operation_id="forget_key",
    summary="Let the site's password hold again",
    tags=["wallboxes"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NOT_NOW}),
)
async def forget_key(services: GivenServices, station_id: FromPath[str]) -> KeyState:
    """Forget every key of ours for a wallbox, as after it was set back to its factory settings."""
    station = _found(services, station_id)
    try:
        await services.manager.key_writing.forget(station_id)
    except KeyNotWritten as exc:
        raise _conflict(exc) from None
    return _state(services, station)


def _found(services: Services, station_id: str) -> Station:
    station = services.manager.stations.by_id.get(station_id)
    if station is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return station


def _state(services: Services, station: Station) -> KeyState:
    site, station_id = services.manager.site, station.station_id
    key = services.manager.keys.of(station_id)
    proves_with: ProvesWith = "nothing"
    if key.present:
        proves_with = "key"
    elif site.wallbox(station_id).password:
        proves_with = "own password"
    elif site.wallbox(station_id).security_profile >= BY_CERTIFICATE:
        proves_with = "certificate"
    elif site.ocpp_server.password:
        proves_with = "common password"
    return KeyState(proves_with, key.step, key_words.of_state(proves_with, key.step))


def _conflict(exc: KeyNotWritten) -> ClientException:
    return ClientException(f"Not now: {exc}.", status_code=HTTPStatus.CONFLICT)
