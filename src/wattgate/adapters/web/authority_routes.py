"""`/api/v1/authority`: the certificate authority that is built in."""

from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from wattgate.adapters.web.certificate_dto import (
    Authority,
    AuthorityWish,
    ClientWish,
    IssuedCertificate,
    NewCertificate,
    ServerWish,
    SigningWish,
)
from wattgate.adapters.web.certificate_routes import PEM
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices

DER: Final = "application/pkix-cert"

_NONE: Final = "There is no authority yet"
_WRONG: Final = "Nothing was changed, for all the reasons given"
_UNKNOWN: Final = "The authority has signed no certificate with this id"


@get(
    "/api/v1/authority",
    operation_id="read_authority",
    summary="The authority",
    tags=["authority"],
)
async def read_authority(services: GivenServices) -> Authority:
    """The authority that is built in, and whether it was made yet."""
    return services.office.authority()


@post(
    "/api/v1/authority",
    operation_id="create_authority",
    summary="Make the authority",
    tags=["authority"],
    responses=documented({422: _WRONG}),
)
async def create_authority(services: GivenServices, data: JSONBody[AuthorityWish]) -> Authority:
    """Make it; there can be one. From now on wallboxes are believed that show what it signs."""
    return await services.office.create_authority(data)


@get(
    "/api/v1/authority/pem",
    operation_id="download_authority_pem",
    summary="Its certificate as PEM",
    tags=["authority"],
    media_type=PEM,
    responses=documented({404: _NONE}),
)
async def download_authority_pem(services: GivenServices) -> Response[bytes]:
    """What is imported as CA wherever the server's certificate is to be believed."""
    text = services.office.authority_pem()
    if text is None:
        raise NotFoundException(f"{_NONE}.")
    return _file(text.encode(), PEM, "wattgate-authority.pem")


@get(
    "/api/v1/authority/der",
    operation_id="download_authority_der",
    summary="Its certificate as DER",
    tags=["authority"],
    media_type=DER,
    responses=documented({404: _NONE}),
)
async def download_authority_der(services: GivenServices) -> Response[bytes]:
    """The same in the binary form that some wallboxes want."""
    data = services.office.authority_der()
    if data is None:
        raise NotFoundException(f"{_NONE}.")
    return _file(data, DER, "wattgate-authority.cer")


@post(
    "/api/v1/authority/server",
    operation_id="issue_server_certificate",
    summary="Certificate for a server",
    tags=["authority"],
    responses=documented({422: _WRONG}),
)
async def issue_server_certificate(
    services: GivenServices, data: JSONBody[ServerWish]
) -> NewCertificate:
    """Make a key and a certificate for a server of these names.

    With `install` this server uses it at once, beside one with the other kind of key. Otherwise
    the key is told once, and not kept.
    """
    return await services.office.issue_server(data)


@post(
    "/api/v1/authority/client",
    operation_id="issue_client_certificate",
    summary="Certificate for a wallbox",
    tags=["authority"],
    responses=documented({422: _WRONG}),
)
async def issue_client_certificate(
    services: GivenServices, data: JSONBody[ClientWish]
) -> NewCertificate:
    """Make a key and a certificate for a wallbox; the key is told once, and not kept."""
    return await services.office.issue_client(data)


@post(
    "/api/v1/authority/requests",
    operation_id="sign_request",
    summary="Sign a request",
    tags=["authority"],
    responses=documented({422: _WRONG}),
)
async def sign_request(services: GivenServices, data: JSONBody[SigningWish]) -> NewCertificate:
    """Sign the request of a wallbox that made its key itself."""
    return await services.office.sign(data)


@get(
    "/api/v1/authority/issued",
    operation_id="list_issued",
    summary="What it has signed",
    tags=["authority"],
)
async def list_issued(services: GivenServices) -> tuple[IssuedCertificate, ...]:
    """Everything that it has signed, newest first."""
    return services.office.issued()


@post(
    "/api/v1/authority/issued/{certificate_id:str}/revoke",
    operation_id="revoke_certificate",
    summary="Revoke a certificate",
    tags=["authority"],
    status_code=HTTP_200_OK,
    responses=documented({404: _UNKNOWN}),
)
async def revoke_certificate(
    services: GivenServices, certificate_id: FromPath[str]
) -> IssuedCertificate:
    """Believe it no more, from the next handshake on."""
    revoked = await services.office.revoke(certificate_id)
    if revoked is None:
        raise NotFoundException(f"{_UNKNOWN}.")
    return revoked


def _file(content: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


ROUTES: Final = (
    read_authority,
    create_authority,
    download_authority_pem,
    download_authority_der,
    issue_server_certificate,
    issue_client_certificate,
    sign_request,
    list_issued,
    revoke_certificate,
)
