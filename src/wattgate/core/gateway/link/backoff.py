"""How long to wait before the next attempt to reach a backend (R29)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting times that double and then stay (OCPP 2.0.1 part 4 §5.3, used for 1.6 as well).

    The first wait is `minimum_s` plus a random share of `range_s`; the base doubles with each
    failure, `doublings` times, and then stays.
    """

    minimum_s: float = 10.0
    range_s: float = 10.0
    doublings: int = 5

    def wait_s(self, failures: int, fraction: float) -> float:
        """Seconds to wait after the `failures`-th failure in a row (1, 2, …).

        `fraction` is fresh chance in [0, 1).
        """
        base_s = self.minimum_s * (1 << min(max(failures - 1, 0), self.doublings))
        return base_s + self.range_s * fraction
