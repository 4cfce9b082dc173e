"""A card reader on a serial line, which may be unplugged and plugged in again."""

import asyncio
from collections.abc import Callable
from typing import Final

import serial

from wattgate.adapters.hardware.card_frames import CardFrames
from wattgate.core.modbus.places import SerialPlace

RETRY_S: Final = 5.0
"""s after which a line that could not be opened, or was lost, is tried again."""

_CHUNK_BYTES: Final = 256


class SerialCardReader:
    """Tells every card that is held to the reader.

    `on_change` says in words that the line was opened, or why there is no reader for now.
    """

    def __init__(
        self, place: SerialPlace, on_card: Callable[[str], None], on_change: Callable[[str], None]
    ) -> None:
        self._place = place
        self._on_card = on_card
        self._on_change = on_change

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
                    self._on_card(card)

            asyncio.get_running_loop().add_reader(line.fileno(), heard)
            self._on_change(f"card reader {place}: reads")
            try:
                self._on_change(f"card reader {place}: {await lost}")
            finally:
                asyncio.get_running_loop().remove_reader(line.fileno())
