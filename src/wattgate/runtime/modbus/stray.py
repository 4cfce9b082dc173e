"""Current that flows at a wallbox though no session runs and it was told not to allow it."""

import structlog

from wattgate.core.charging.obedience import tolerance_a
from wattgate.core.load.sensing import Draw

log = structlog.get_logger()


class StrayCurrent:
    """Watches one EVSE between sessions, where nothing else compares what it draws with its limit.

    `counted_a` is what it draws against its limit, A per phase; 0 while it keeps to that, or has
    not had its time to settle.
    """

    def __init__(self, evse_id: str) -> None:
        self.counted_a = 0.0
        self._evse_id = evse_id
        self._since: float | None = None

    def look(self, draw: Draw | None, told_a: float | None, settle_s: float) -> None:
        """Take the newest sample in; `told_a` is what the wallbox has confirmed, A per phase.

        While a limit is on its way (None) nothing is known that was not known before.
        """
        if draw is None:
            self.counted_a, self._since = 0.0, None
        elif told_a is not None:
            self._compare(draw, told_a, settle_s)

    def _compare(self, draw: Draw, told_a: float, settle_s: float) -> None:
        if draw.least_a <= told_a + tolerance_a(told_a):
            self.counted_a, self._since = 0.0, None
            return
        if self._since is None:
            self._since = draw.at
        if draw.at - self._since < settle_s:
            return
        if not self.counted_a:
            log.warning(
                "draws current without a session, against its limit",
                evse=self._evse_id,
                drawn_a=draw.most_a,
                told_a=told_a,
            )
        self.counted_a = draw.most_a
