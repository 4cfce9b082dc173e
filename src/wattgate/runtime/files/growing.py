"""A file that is read while it is still being fetched."""

import asyncio
from pathlib import Path


class GrowingFile:
    """What has come of a file so far.

    `size` is None while nobody has said it. `tag` is its entity tag: the same file has the same.
    """

    def __init__(self, path: Path, tag: str) -> None:
        self.path = path
        self.tag = tag
        self.size: int | None = None
        self.written = 0
        self.is_whole = False
        self.failure: str | None = None
        """Why no more of it will come."""
        self._news = asyncio.Event()

    def grew(self, size: int | None, written: int) -> None:
        """So much of it is there."""
        self.size, self.written = size, written
        self._tell()

    def ended(self, failure: str | None) -> None:
        """Nothing more comes: it is there as a whole, or has failed."""
        self.failure = failure
        self.is_whole = failure is None
        if self.is_whole:
            self.size = self.written
        self._tell()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes."""
        return self.is_whole or self.failure is not None

    async def until_sized(self) -> int | None:
        """Wait until its size is known; None where it has failed before that."""
        while self.size is None and not self.has_ended:
            await self._wait()
        return self.size

    async def until(self, position: int) -> int:
        """Wait until there is more than `position` bytes of it, or no more comes; what there is."""
        while self.written <= position and not self.has_ended:
            await self._wait()
        return self.written

    async def _wait(self) -> None:
        await self._news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
