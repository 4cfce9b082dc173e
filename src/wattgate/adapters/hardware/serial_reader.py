"""A card reader on a serial line, which may be unplugged and plugged in again."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import serial

from wattgate.adapters.hardware.card_frames import CardFrames
from wattgate.core.modbus.places import SerialPlace

RETRY_S: Final = 5.0
"""s after which a line that could not be opened, or was lost, is tried again."""

MOST_CARDS: Final = 8
"""Cards that may wait; nobody shows more than one at a time, but a broken line may."""

_CHUNK_BYTES: Final = 256


class SerialCardReader:
    """A card reader (`ports.hardware.CardReader`) while `run` runs.

    `on_change` says in words that the line was opened, or why there is no reader for now.
    """

    def __init__(self, place: SerialPlace, on_change: Callable[[str], None]) -> None:
        self._place = place
        self._on_change = on_change
        self._cards: asyncio.Queue[str] = asyncio.Queue(MOST_CARDS)

    async def next_card(self) -> str:
        """Wait for the next card; of many that nobody takes the first ones stay."""
        return await self._cards.get()

    async def run(self) -> None:
        """Read until cancelled; of losses in a row only the first is told."""
        is_told = False
        while True:
            try:
                await self._read_cards()
            except (OSError, ValueError) as error:  # a SerialException is an OSError
                if not is_told:
                    self._on_change(f"card reader {self._place}: {error}")
                is_told = True
            else:
                is_told = False
            await asyncio.sleep(RETRY_S)

    async def _read_cards(self) -> None:
        """Read from opening the line to its loss; raises only where it cannot be opened."""
        place = self._place
        with serial.Serial(
            port=place.device,
            baudrate=place.baud_rate,
            bytesize=place.data_bits,
            parity=place.parity,
            stopbits=place.stop_bits,
            timeout=0,
        ) as line:
            frames = CardFrames()
            lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            def heard() -> None:
                try:
                    cards = frames.feed(line.read(_CHUNK_BYTES))
                except OSError as error:
                    asyncio.get_running_loop().remove_reader(line.fileno())
                    lost.set_result(str(error))
                    return
                for card in cards:
                    with suppress(asyncio.QueueFull):
                        self._cards.put_nowait(card)

            asyncio.get_running_loop().add_reader(line.fileno(), heard)
            self._on_change(f"card reader {place}: reads")
            try:
                self._on_change(f"card reader {place}: {await lost}")
            finally:
                asyncio.get_running_loop().remove_reader(line.fileno())
