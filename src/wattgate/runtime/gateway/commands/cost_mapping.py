"""Cost messages between wallbox and backend: each side has its own transaction id (R60, R118)."""

from wattgate.core.gateway.commands.cost_messages import cost_transaction, with_cost_transaction
from wattgate.core.site.model import GatewaySettings
from wattgate.ports.store import Store


def mapped_cost(gateway: GatewaySettings, payload_text: str) -> int | None:
    """The transaction whose id has to be replaced in a DataTransfer; None: it passes as it is."""
    if not gateway.map_cost_messages:
        return None
    return cost_transaction(payload_text)


async def cost_for_wallbox(
    store: Store, link_id: str, payload_text: str, backend_id: int
) -> str | None:
    """A backend's message with our id; None where its id is none of this link.

    Unmapped, it could show the cost of one car at another.
    """
    record = await store.transaction_of_backend(link_id, backend_id)
    if record is None:
        return None
    return with_cost_transaction(payload_text, record.transaction_id)


async def cost_for_backend(
    store: Store, station_id: str, link_id: str, payload_text: str, transaction_id: int
) -> str | None:
    """A wallbox's message with the id of the backend behind a link; None where it gave none."""
    record = await store.transaction(station_id, transaction_id)
    backend_id = record.id_at(link_id) if record is not None else None
    return None if backend_id is None else with_cost_transaction(payload_text, backend_id)
