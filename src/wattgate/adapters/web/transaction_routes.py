"""What is on record: transactions and refused connections."""

from typing import Annotated, Final

from litestar import get
from litestar.params import QueryParameter

from wattgate.adapters.web.dto import RefusedConnection, Transaction
from wattgate.adapters.web.presenting import transaction_of
from wattgate.adapters.web.problems import documented
from wattgate.adapters.web.services import GivenServices

LARGEST_ID: Final = 2**31 - 1
"""A transaction id has to fit the wallbox's integer (R60)."""


@get(
    "/api/v1/transactions",
    operation_id="list_transactions",
    summary="Transactions",
    tags=["records"],
    responses=documented(),
)
async def list_transactions(
    services: GivenServices,
    evse: Annotated[str | None, QueryParameter(description="Of this EVSE only")] = None,
    before: Annotated[
        int | None,
        QueryParameter(
            ge=1,
            le=LARGEST_ID,
            description="With lower ids only: the last id of the page before",
        ),
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most")] = 100,
) -> list[Transaction]:
    """Transactions, newest first, those of removed EVSEs included."""
    records = await services.manager.transactions(evse_id=evse, before=before, limit=limit)
    return [transaction_of(record) for record in records]


@get(
    "/api/v1/refused", operation_id="list_refused", summary="Refused connections", tags=["records"]
)
async def list_refused(services: GivenServices) -> list[RefusedConnection]:
    """The last connections to the OCPP port that were not let in, newest first.

    Of one host, the same one for the same reason is told once, with how often; at most 200.
    """
    return [
        RefusedConnection(each.at, each.address, each.claimed_id, each.reason, each.times)
        for each in services.manager.refused()
    ]
