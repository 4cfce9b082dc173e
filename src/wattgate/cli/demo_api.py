"""Asks the demo's own manager over HTTP, as anybody may who knows the password."""

import asyncio
import base64
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

import msgspec

from wattgate.cli.demo_snapshot import Snapshot

ANSWER_S: Final = 3.0
"""s until a request is given up."""

_OK: Final = 200


class DemoApi:
    """Reads the API of the manager at `url`, `http://127.0.0.1:19521`."""

    def __init__(self, url: str, password: str) -> None:
        self._place = urlsplit(url).netloc
        basic = base64.b64encode(f"admin:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}"}

    async def snapshot(self) -> Snapshot | str:
        """What the manager says now, or why nothing can be shown."""
        return await asyncio.to_thread(self._snapshot)

    def _snapshot(self) -> Snapshot | str:
        connection = HTTPConnection(self._place, timeout=ANSWER_S)
        try:
            return Snapshot.read(
                self._get(connection, "/api/v1/site"), self._get(connection, "/api/v1/evses")
            )
        except (OSError, HTTPException, msgspec.DecodeError) as error:
            return f"The manager's API cannot be read: {str(error) or type(error).__name__}"
        finally:
            connection.close()

    def _get(self, connection: HTTPConnection, path: str) -> bytes:
        connection.request("GET", path, headers=self._headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != _OK:
            raise HTTPException(f"{path} answers {answer.status} {answer.reason}")
        return body
