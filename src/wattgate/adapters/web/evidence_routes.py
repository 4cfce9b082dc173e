"""`/api/v1/transactions/{id}/evidence`: what is kept of a transaction for a dispute."""

import asyncio
from typing import Annotated

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from wattgate.adapters.web.evidence_dto import Evidence, evidence_of
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices
from wattgate.adapters.web.transaction_routes import LARGEST_ID
from wattgate.ports.signatures import SignatureCheck
from wattgate.runtime.dossier import Material, dossier_of


@get(
    "/api/v1/transactions/{transaction_id:int}/evidence",
    operation_id="read_evidence",
    summary="Evidence of a transaction",
    tags=["records"],
    responses=documented({404: "There is no such transaction"}),
)
async def read_evidence(
    services: GivenServices,
    transaction_id: Annotated[
        int, PathParameter(ge=1, le=LARGEST_ID, description="The id that the wallbox knows")
    ],
) -> Evidence:
    """Every frame as it came from the wallbox and as the backend took it, and what was signed.

    Signatures in OCMF are verified by the public keys that are known now.
    """
    material = await services.manager.evidence(transaction_id)
    if material is None:
        raise NotFoundException(f"There is no transaction {transaction_id}.")
    # A long transaction has hundreds of signatures, and the wallboxes must not wait for them.
    return await asyncio.to_thread(_evidence, material, services.signatures)


def _evidence(material: Material, signatures: SignatureCheck) -> Evidence:
    return evidence_of(dossier_of(material, signatures.check))
