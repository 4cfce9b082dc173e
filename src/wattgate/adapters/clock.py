"""The machine's clocks: the one place that reads them."""

import time
from datetime import UTC, datetime

from wattgate.adapters.time_servers import is_kept


class SystemClock:
    """The operating system's clocks."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back. The event loop's own time."""
        return time.monotonic()  # noqa: TID251 - the one place that reads this clock

    def wall(self) -> datetime:
        """Date and time in UTC, timezone-aware; may jump."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads this clock

    def is_synchronised(self) -> bool:
        """Whether a time server keeps the clock on the wall; false where that cannot be known."""
        return is_kept()
