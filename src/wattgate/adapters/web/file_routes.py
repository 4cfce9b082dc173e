"""`/api/v1/file-transfers`: firmware and diagnostics that pass through the manager (R87)."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from msgspec import Meta

from wattgate.adapters.web.services import GivenServices
from wattgate.core.files.locations import Location, read_location
from wattgate.core.files.rewriting import Direction
from wattgate.core.files.transfers import Transfer, TransferState


class FileTransfer(msgspec.Struct, frozen=True):
    """A file that a backend has asked for, until it is where it belongs."""

    id: str
    wallbox: Annotated[str, Meta(description="ChargeBox ID")]
    backend: Annotated[str, Meta(description="EVSE, identity and host of the backend")]
    action: Annotated[str, Meta(description="The command that named its place")]
    direction: Annotated[Direction, Meta(description="As the wallbox sees it")]
    place: Annotated[
        str, Meta(description="Where the backend has or wants it, without user and query")
    ]
    state: TransferState
    size_bytes: Annotated[int | None, Meta(description="null until the wallbox has brought it")]
    report_held: Annotated[
        bool, Meta(description="Whether the wallbox's report waits until the file is delivered")
    ]
    problem: Annotated[str | None, Meta(description="What went wrong last")]
    begun_at: datetime
    ends_at: Annotated[datetime, Meta(description="Until when the wallbox may fetch or bring it")]


@get(
    "/api/v1/file-transfers",
    operation_id="list_file_transfers",
    summary="Files on their way",
    tags=["records"],
)
async def list_file_transfers(services: GivenServices) -> list[FileTransfer]:
    """Firmware and diagnostics on their way between wallboxes and backends, the oldest first."""
    return [_shown(*each) for each in services.manager.files.transfers()]


def _shown(transfer: Transfer, problem: str) -> FileTransfer:
    location = read_location(transfer.location)
    return FileTransfer(
        id=transfer.id,
        wallbox=transfer.station_id,
        backend=transfer.link_id,
        action=transfer.action,
        direction=transfer.direction,
        place=location.shown() if isinstance(location, Location) else "",
        state=transfer.state,
        size_bytes=transfer.received.size if transfer.received is not None else None,
        report_held=transfer.held is not None,
        problem=problem or None,
        begun_at=transfer.begun_at,
        ends_at=transfer.ends_at,
    )
