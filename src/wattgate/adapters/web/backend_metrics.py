"""Figures of the logins at backends for Prometheus: each login once, however many share it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from wattgate.adapters.web.backend_words import EvseLogin, logins_of
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump

_LABELS: Final = ("evse", "backend")
"""The first EVSE that has the login, and the id of the login as the API tells it."""

Reader = Callable[[EvseLogin], float | None]
"""A figure of a login; None where there is none to tell."""


def backend_figures(states: Iterable[EvseState]) -> Iterator[Metric]:
    """Every family about backends."""
    logins = _each_once(states)
    for name, meaning, read in _GAUGES:
        yield _filled(GaugeMetricFamily(name, meaning, labels=_LABELS), logins, read)
    for name, meaning, read in _COUNTERS:
        yield _filled(CounterMetricFamily(name, meaning, labels=_LABELS), logins, read)
    yield _problems(logins)


def _each_once(states: Iterable[EvseState]) -> dict[str, tuple[str, EvseLogin]]:
    logins: dict[str, tuple[str, EvseLogin]] = {}
    for state in states:
        for login in logins_of(state.evse):
            logins.setdefault(login.id, (state.evse.evse_id, login))
    return logins


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily,
    logins: dict[str, tuple[str, EvseLogin]],
    read: Reader,
) -> Metric:
    for link_id, (evse_id, login) in logins.items():
        figure = read(login)
        if figure is not None:
            family.add_metric([evse_id, link_id], float(figure))
    return family


def _problems(logins: dict[str, tuple[str, EvseLogin]]) -> Metric:
    family = GaugeMetricFamily(
        "wattgate_backend_failed_attempts",
        "Attempts at the backend that failed since it last accepted us; absent: none.",
        labels=[*_LABELS, "step", "http_status"],
    )
    for link_id, (evse_id, login) in logins.items():
        problem = login.link.status.problem
        if problem is not None:
            step, status = problem.fault.step, problem.fault.http_status
            family.add_metric([evse_id, link_id, step, str(status or "")], problem.attempts)
    return family


def _of_queue(read: Callable[[OutboxPump], float]) -> Reader:
    return lambda login: None if login.pump is None else read(login.pump)


_GAUGES: Final[tuple[tuple[str, str, Reader], ...]] = (
    (
        "wattgate_backend_up",
        "1 while the backend has accepted us.",
        lambda login: login.link.is_online,
    ),
    (
        "wattgate_outbox_messages",
        "Messages that wait for the backend.",
        _of_queue(lambda pump: pump.depth),
    ),
    (
        "wattgate_evse_dead_letters",
        "Messages that the backend finally did not take.",
        _of_queue(lambda pump: pump.given_up),
    ),
)
_COUNTERS: Final[tuple[tuple[str, str, Reader], ...]] = (
    (
        "wattgate_outbox_thinned_messages",
        "Meter values dropped because too many messages waited for the backend.",
        _of_queue(lambda pump: pump.thinned),
    ),
)
