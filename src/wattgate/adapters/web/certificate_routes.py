"""`/api/v1/certificates`: what is shown to others, and who is believed, by set."""

from typing import Final

from litestar import Response, delete, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from wattgate.adapters.web.certificate_dto import CertificateSet, HeldCertificate, Import
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices

PEM: Final = "application/x-pem-file"

MAX_IMPORT_BYTES: Final = 2 * 2**20
"""Largest body with certificates: bundles of public authorities have some 300 KB."""

_UNKNOWN: Final = "No certificate of this set has this id"
_NO_SET: Final = "No set has this name"
_WRONG: Final = (
    "Nothing was changed, for all the reasons given. With the type "
    "`urn:wattgate:passphrase-needed` or `urn:wattgate:passphrase-wrong` the key is encrypted: "
    "send it again with its passphrase"
)

Imports = JSONBody[Import]


@get(
    "/api/v1/certificates",
    operation_id="list_certificates",
    summary="All certificates",
    tags=["certificates"],
)
async def list_certificates(services: GivenServices) -> tuple[CertificateSet, ...]:
    """Every set that holds something or that a gateway uses, `server` first.

    A set belongs to the gateway of the EVSE with its name, or to those that name it as
    `certificates`. The authorities of `server` may vouch for wallboxes (security profile 3).
    """
    return services.office.sets()


@get(
    "/api/v1/certificates/{set_name:str}",
    operation_id="read_certificates",
    summary="The certificates of a set",
    tags=["certificates"],
    responses=documented({404: _NO_SET}),
)
async def read_certificates(services: GivenServices, set_name: FromPath[str]) -> CertificateSet:
    """One set, own certificates first."""
    found = services.office.set_named(set_name)
    if found is None:
        raise NotFoundException(f"{_NO_SET}.")
    return found


@get(
    "/api/v1/certificates/{set_name:str}/{certificate_id:str}",
    operation_id="download_certificate",
    summary="A certificate as PEM",
    tags=["certificates"],
    media_type=PEM,
    responses=documented({404: _UNKNOWN}),
)
async def download_certificate(
    services: GivenServices, set_name: FromPath[str], certificate_id: FromPath[str]
) -> Response[bytes]:
    """A certificate with its chain, the leaf first, never with its key."""
    text = services.office.pem(set_name, certificate_id)
    if text is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return Response(text.encode(), media_type=PEM)


@post(
    "/api/v1/certificates/{set_name:str}/own",
    operation_id="import_own_certificate",
    summary="Import an own certificate",
    tags=["certificates"],
    status_code=HTTP_200_OK,
    request_max_body_size=MAX_IMPORT_BYTES,
    responses=documented({422: _WRONG}),
)
async def import_own_certificate(
    services: GivenServices, set_name: FromPath[str], data: Imports
) -> tuple[HeldCertificate, ...]:
    """Take a certificate, its chain and its key; it replaces the one with the same kind of key.

    New handshakes use it at once; open connections go on. Answers with what was imported.
    """
    return await services.office.import_own(set_name, data)


@post(
    "/api/v1/certificates/{set_name:str}/authorities",
    operation_id="import_authorities",
    summary="Import authorities",
    tags=["certificates"],
    status_code=HTTP_200_OK,
    request_max_body_size=MAX_IMPORT_BYTES,
    responses=documented({422: "Nothing was changed, for all the reasons given"}),
)
async def import_authorities(
    services: GivenServices, set_name: FromPath[str], data: Imports
) -> tuple[HeldCertificate, ...]:
    """Believe every certificate in the files: as an authority, or just the one itself.

    Answers with all of them, also with those that were there before.
    """
    return await services.office.import_authorities(set_name, data)


@delete(
    "/api/v1/certificates/{set_name:str}/{certificate_id:str}",
    operation_id="remove_certificate",
    summary="Remove a certificate",
    tags=["certificates"],
    responses=documented({404: _UNKNOWN}),
)
async def remove_certificate(
    services: GivenServices, set_name: FromPath[str], certificate_id: FromPath[str]
) -> None:
    """Remove a certificate with its key.

    In place of the server's last own one a self-signed one is made.
    """
    if await services.office.remove(set_name, certificate_id) is None:
        raise NotFoundException(f"{_UNKNOWN}.")


ROUTES: Final = (
    list_certificates,
    read_certificates,
    download_certificate,
    import_own_certificate,
    import_authorities,
    remove_certificate,
)
