"""Cost messages between wallbox and backend: each side has its own transaction id (R60, R118)."""

from wattgate.core.gateway.cost_messages import cost_transaction, with_cost_transaction
from wattgate.core.site.model import EvseSettings
from wattgate.ports.store import Store


def mapped_cost(settings: EvseSettings, payload_text: str) -> int | None:
    """The transaction whose id has to be replaced in a DataTransfer; None: it passes as it is."""
    if not any(gateway.map_cost_messages for gateway in settings.gateways):
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
    store: Store, station_id: str, payload_text: str, transaction_id: int
) -> str | None:
    """A wallbox's message with the backend's id; None where the backend has given none."""
    record = await store.transaction(station_id, transaction_id)
    if record is None or record.backend_transaction_id is None:
        return None
    return with_cost_transaction(payload_text, record.backend_transaction_id)
