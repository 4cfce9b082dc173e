"""`/api/v1/evses/<id>/prove`: that limits end by themselves, and outlast a power cycle (R100a)."""

from http import HTTPStatus

from litestar import delete, get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath

from wattgate.adapters.web.evse_routes import UNKNOWN, found
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.safety import proof_of
from wattgate.adapters.web.safety_dto import ProofState
from wattgate.adapters.web.services import GivenServices, Services

_NONE = "No proof was begun since the start"


@post(
    "/api/v1/evses/{evse_id:str}/prove",
    operation_id="begin_proof",
    summary="Prove that limits end by themselves",
    tags=["EVSEs"],
    status_code=HTTPStatus.ACCEPTED,
    responses=documented({404: UNKNOWN, 409: "It cannot begin now, for the reason that is told"}),
)
async def begin_proof(services: GivenServices, evse_id: FromPath[str]) -> ProofState:
    """Begin the guided proof; a car has to charge.

    A grant is not renewed, and the current has to fall when it ends; then a person switches the
    wallbox off and on. What is proven holds for every wallbox of this model and firmware. The EVSE
    counts with its maximum until the proof has ended.
    """
    state = found(services, evse_id)
    refusal = services.manager.operations.prove(state.evse)
    if refusal is not None:
        said = f"The proof cannot begin: {refusal}."
        raise ClientException(said, status_code=HTTPStatus.CONFLICT)
    return _proof(services, evse_id)


@get(
    "/api/v1/evses/{evse_id:str}/prove",
    operation_id="read_proof",
    summary="How far the proof is",
    tags=["EVSEs"],
    responses=documented({404: f"{UNKNOWN}, or: {_NONE[0].lower()}{_NONE[1:]}"}),
)
async def read_proof(services: GivenServices, evse_id: FromPath[str]) -> ProofState:
    """Tell the proof under way, or the last one."""
    return _proof(services, evse_id)


@delete(
    "/api/v1/evses/{evse_id:str}/prove",
    operation_id="cancel_proof",
    summary="Give the proof up",
    tags=["EVSEs"],
    responses=documented({404: UNKNOWN}),
)
async def cancel_proof(services: GivenServices, evse_id: FromPath[str]) -> None:
    """Give the proof up, if one is under way: the EVSE is limited again."""
    services.manager.operations.cancel_proof(found(services, evse_id).evse)


def _proof(services: Services, evse_id: str) -> ProofState:
    trial = services.manager.operations.trial(found(services, evse_id).evse)
    if trial is None:
        raise NotFoundException(f"{_NONE}.")
    return proof_of(trial)
