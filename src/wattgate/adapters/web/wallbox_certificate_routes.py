"""`/api/v1/wallboxes/<ChargeBox ID>/certificates`: told to the wallbox over OCPP (R36, R40)."""

from http import HTTPStatus
from typing import Annotated, Final, Literal

import msgspec
from litestar import get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices, Services
from wattgate.runtime.station.wallbox_certificates import Installed, Told, WallboxCertificates

_UNKNOWN: Final = "No wallbox has this ChargeBox ID"
_NOT_DONE: Final = "The wallbox is away, or does not do it, for the reason that is told"

Digits = Annotated[str, Meta(pattern="^[0-9A-Fa-f]+$", max_length=128)]
SerialNumber = Annotated[str, Meta(pattern="^[0-9A-Fa-f]+$", max_length=40)]


class TrustedAuthority(msgspec.Struct, frozen=True):
    """An authority that a wallbox trusts, as OCPP names it (CertificateHashDataType)."""

    algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Annotated[Digits, Meta(description="Of the issuer's name")]
    issuer_key_hash: Annotated[Digits, Meta(description="Of the issuer's public key")]
    serial_number: Annotated[SerialNumber, Meta(description="Hexadecimal")]


class Done(msgspec.Struct, frozen=True):
    """What the wallbox did."""

    says: Annotated[str, Meta(description="For a person")]


@get(
    "/api/v1/wallboxes/{station_id:str}/certificates",
    operation_id="list_trusted",
    summary="Whom a wallbox trusts",
    tags=["wallboxes"],
    responses=documented({404: _UNKNOWN, 409: _NOT_DONE}),
)
async def list_trusted(
    services: GivenServices, station_id: FromPath[str]
) -> list[TrustedAuthority]:
    """Ask a wallbox which authorities may vouch for this manager (GetInstalledCertificateIds)."""
    installed = await _found(services, station_id).installed()
    if isinstance(installed, Told):
        raise _conflict(installed)
    return [msgspec.convert(each, TrustedAuthority, from_attributes=True) for each in installed]


@post(
    "/api/v1/wallboxes/{station_id:str}/certificates/trust",
    operation_id="trust_us",
    summary="Let a wallbox trust our authority",
    tags=["wallboxes"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NOT_DONE}),
)
async def trust_us(services: GivenServices, station_id: FromPath[str]) -> Done:
    """Install the authority that is built in as a root of the wallbox (InstallCertificate).

    From then on most wallboxes connect to nobody else: the server certificate must be one of that
    authority first.
    """
    return _done(await _found(services, station_id).install_authority())


@post(
    "/api/v1/wallboxes/{station_id:str}/certificates/renew",
    operation_id="renew_certificate",
    summary="Give a wallbox a new certificate",
    tags=["wallboxes"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NOT_DONE}),
)
async def renew_certificate(services: GivenServices, station_id: FromPath[str]) -> Done:
    """Have a wallbox make a key and ask for a certificate, which our authority signs.

    The answer tells that it is going to; what it asked for stands in the list of what the
    authority has signed, or in the log why not.
    """
    return _done(await _found(services, station_id).request_certificate())


@post(
    "/api/v1/wallboxes/{station_id:str}/certificates/distrust",
    operation_id="distrust",
    summary="Let a wallbox trust somebody no more",
    tags=["wallboxes"],
    status_code=HTTPStatus.OK,
    responses=documented({404: _UNKNOWN, 409: _NOT_DONE}),
)
async def distrust(
    services: GivenServices, station_id: FromPath[str], data: JSONBody[TrustedAuthority]
) -> Done:
    """Delete an authority from a wallbox (DeleteCertificate), as the list names it.

    A wallbox refuses to delete the one that it needs for its present connection.
    """
    authority = Installed(
        data.algorithm, data.issuer_name_hash, data.issuer_key_hash, data.serial_number
    )
    return _done(await _found(services, station_id).delete(authority))


def _found(services: Services, station_id: str) -> WallboxCertificates:
    found = services.manager.certificates(station_id)
    if found is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return found


def _done(told: Told) -> Done:
    if not told.is_done:
        raise _conflict(told)
    return Done(told.said)


def _conflict(told: Told) -> ClientException:
    return ClientException(told.said, status_code=HTTPStatus.CONFLICT)
