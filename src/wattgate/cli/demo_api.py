"""Asks the demo's own manager, as anybody may who knows the password."""

import asyncio

import msgspec

from wattgate.cli.api_client import ApiClient, ApiError, with_password
from wattgate.cli.demo_snapshot import Snapshot


class DemoApi:
    """Reads the API of the manager at `url`, `http://127.0.0.1:19521`."""

    def __init__(self, url: str, password: str) -> None:
        self._api = ApiClient(url, with_password(password))

    async def snapshot(self) -> Snapshot | str:
        """What the manager says now, or why nothing can be shown."""
        return await asyncio.to_thread(self._snapshot)

    def _snapshot(self) -> Snapshot | str:
        try:
            return Snapshot.read(
                self._api.ask("GET", "/api/v1/site"), self._api.ask("GET", "/api/v1/evses")
            )
        except (ApiError, msgspec.DecodeError) as error:
            return f"The manager's API cannot be read: {error}"
