"""When those who charge make room for one whom only doubts about the house keep from charging.

EVSEs that are not measured leave the house load uncertain for good: it may be all that they seem to
draw. So there may be enough for everybody by what is believed, and nothing that a raise could rely
on. Then those who charge are lowered as if the house drew its highest, until the one has started.
"""

from dataclasses import dataclass
from math import inf
from typing import Final

PATIENCE_S: Final = 60.0
"""s for which it has to wait: measurements come, and what was lowered has to be seen."""

LONGEST_S: Final = 60.0
"""s after which the others go on as before, whether it has started or not."""

SPACING_S: Final = 900.0
"""s between the begin of one attempt and of the next."""


@dataclass(frozen=True, slots=True)
class GivingWay:
    """Since when somebody has been kept from charging, and whether others give way (`is_on`)."""

    kept_since: float | None = None
    began_at: float = -inf
    is_on: bool = False

    def looked(self, *, is_kept: bool, now: float) -> "GivingWay":
        """Go on to `now` (monotonic, s); `is_kept`: somebody is to charge and was told 0 A."""
        if not is_kept:
            return GivingWay(None, self.began_at)
        since = now if self.kept_since is None else self.kept_since
        if self.is_on:
            return GivingWay(since, self.began_at, now - self.began_at < LONGEST_S)
        if now - since >= PATIENCE_S and now - self.began_at >= SPACING_S:
            return GivingWay(since, now, is_on=True)
        return GivingWay(since, self.began_at)
