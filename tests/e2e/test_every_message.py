"""Every message of the policy table, with the `ocpp` package at both ends of the real manager.

The package validates each message and each answer against the official schemas.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import pytest
import pytest_asyncio
from ocpp.charge_point import camel_to_snake_case
from tests.support.package_ends import (
    LETS_US,
    KnowingBackend,
    KnowingEnd,
    knowing_backend,
    knowing_wallbox,
)
from tests.support.package_messages import (
    FROM_BACKEND,
    FROM_WALLBOX,
    TRANSACTION,
    Example,
    Words,
)
from tests.support.processes import LIMIT_S, Stage, free_port
from tests.support.site_processes import run_manager
from tests.support.site_text import card, evse, site

from wattgate.core.gateway.policy import COMPUTED, POLICY, Decision, Rule, Sender

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

SERVED, AWAY, ALONE = "SERVED", "AWAY", "ALONE"
"""A wallbox whose backend is there, one whose backend is away, one without."""

UP: Final = [rule for rule in POLICY.values() if rule.sender is not Sender.BACKEND]
DOWN: Final = [rule for rule in POLICY.values() if rule.sender is not Sender.WALLBOX]
OBSERVED: Final = [rule for rule in DOWN if rule.observing is not None]

_meter: Final = count(100)


@dataclass
class Site:
    """A manager, its backend, and a wallbox in each situation."""

    backend: KnowingBackend
    boxes: Mapping[str, KnowingEnd]

    @property
    def served(self) -> KnowingEnd:
        return self.boxes[SERVED]

    @property
    def station(self) -> KnowingEnd:
        """The served wallbox as its backend sees it."""
        return self.backend.stations[SERVED]


async def _start_site(stack: AsyncExitStack, folder: Any, mode: str) -> Site:  # noqa: ANN401 - a path
    backend = await stack.enter_async_context(knowing_backend())
    stage = await stack.enter_async_context(Stage(folder))
    tables = (
        evse("served", SERVED, {"url": backend.url}),
        evse("away", AWAY, {"url": f"ws://127.0.0.1:{free_port()}/"}),
        evse("alone", ALONE),
        card("04A1"),
    )
    manager = await run_manager(stage, site(*tables, load_management=mode))
    boxes = {
        name: await stack.enter_async_context(knowing_wallbox(manager.url, name))
        for name in (SERVED, AWAY, ALONE)
    }
    await manager.online("served")
    return Site(backend, boxes)


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def active(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        yield await _start_site(stack, tmp_path_factory.mktemp("active"), "active")


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def observing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        yield await _start_site(stack, tmp_path_factory.mktemp("observing"), "observe")


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def relayed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        backend = await stack.enter_async_context(knowing_backend())
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("relayed")))
        drop = {"url": backend.url, "offline_policy": "drop"}
        text = site(evse("served", SERVED, drop), load_management="observe")
        manager = await run_manager(stage, text)
        box = await stack.enter_async_context(knowing_wallbox(manager.url, SERVED))
        yield Site(backend, {SERVED: box})


async def _transaction(box: KnowingEnd) -> int:
    """Start one; its id as the wallbox knows it."""
    start = dict(FROM_WALLBOX["StartTransaction"].asked) | {"meter_start": next(_meter)}
    return int((await box.ask("StartTransaction", start))["transaction_id"])


async def _asked(box: KnowingEnd, action: str) -> tuple[Words, Words]:
    """What the wallbox sends, and what its backend has to get."""
    words = dict(FROM_WALLBOX[action].asked)
    if action == "StartTransaction":
        words["meter_start"] = next(_meter)
    if words.get("transaction_id") != TRANSACTION:
        return words, words
    theirs = FROM_WALLBOX["StartTransaction"].answer["transaction_id"]
    return words | {"transaction_id": await _transaction(box)}, words | {"transaction_id": theirs}


def _as_written(action: str, answer_text: str) -> Words:
    """A row's answer in the package's words."""
    assert action in POLICY
    return camel_to_snake_case(json.loads(answer_text))  # type: ignore[no-any-return]


def _has_members_of(example: Example, answer: Words) -> bool:
    return answer.keys() == example.answer.keys()


async def test_every_message_of_the_table_has_an_example() -> None:
    assert {rule.action for rule in UP} == FROM_WALLBOX.keys()
    assert {rule.action for rule in DOWN} == FROM_BACKEND.keys()
    assert len(POLICY) == 39


@pytest.mark.parametrize("rule", UP, ids=lambda rule: rule.action)
async def test_a_wallbox_message_goes_the_way_of_its_row_while_the_backend_is_there(
    active: Site, rule: Rule
) -> None:
    example = FROM_WALLBOX[rule.action]
    async with asyncio.timeout(LIMIT_S):
        words, arriving = await _asked(active.served, rule.action)
        answer = await active.served.ask(rule.action, words)
        if rule.online is Decision.FORWARD:
            assert answer == example.answer
        elif rule.action in COMPUTED:
            assert _has_members_of(example, answer)
        else:
            assert answer == _as_written(rule.action, rule.away_answer)
        if rule.action == "SignCertificate":  # it ends here (R36)
            await active.served.ask("DataTransfer", FROM_WALLBOX["DataTransfer"].asked)
            assert active.station.all_of(rule.action) == []
        elif rule.action != "Heartbeat":  # the gateway has heartbeats of its own (R46)
            await active.station.got(rule.action, arriving)


@pytest.mark.parametrize("where", [AWAY, ALONE])
@pytest.mark.parametrize("rule", UP, ids=lambda rule: rule.action)
async def test_a_wallbox_message_is_answered_by_its_row_without_a_backend(
    active: Site, rule: Rule, where: str
) -> None:
    box = active.boxes[where]
    decision = rule.away if where == AWAY else rule.local
    written = rule.away_answer if where == AWAY else rule.local_answer
    assert decision in (Decision.ANSWER, Decision.STORE)
    async with asyncio.timeout(LIMIT_S):
        words, _ = await _asked(box, rule.action)
        answer = await box.ask(rule.action, words)
        if rule.action in COMPUTED:
            assert _has_members_of(FROM_WALLBOX[rule.action], answer)
        else:
            assert answer == _as_written(rule.action, written)


async def _command(site: Site, action: str) -> tuple[Words, Words]:
    """What the backend asks, and what the wallbox has to get."""
    words = dict(FROM_BACKEND[action].asked)
    if words.get("transaction_id") != TRANSACTION:
        return words, words
    ours = await _transaction(site.served)
    # All transactions have one number at this backend: the newest is meant.
    theirs = FROM_WALLBOX["StartTransaction"].answer["transaction_id"]
    return {"transaction_id": theirs}, {"transaction_id": ours}


@pytest.mark.parametrize("rule", DOWN, ids=lambda rule: rule.action)
async def test_a_backend_message_goes_the_way_of_its_row(active: Site, rule: Rule) -> None:
    example = FROM_BACKEND[rule.action]
    async with asyncio.timeout(LIMIT_S):
        words, arriving = await _command(active, rule.action)
        answer = await active.station.ask(rule.action, words)
        match rule.decide(observing=False):
            case Decision.FORWARD:
                assert answer == example.answer
                assert arriving in active.served.all_of(rule.action)
            case _:
                assert "status" in answer
                assert arriving not in active.served.all_of(rule.action)


@pytest.mark.parametrize("rule", OBSERVED, ids=lambda rule: rule.action)
async def test_a_backend_message_is_relayed_where_load_management_observes(
    observing: Site, rule: Rule
) -> None:
    """R98, R99: the wallbox's own answer comes back."""
    assert rule.observing is Decision.FORWARD
    async with asyncio.timeout(LIMIT_S):
        words, arriving = await _command(observing, rule.action)
        answer = await observing.station.ask(rule.action, words)
        assert answer["status"] in ("Accepted", "Rejected")
        assert arriving in observing.served.all_of(rule.action)


def _with_the_backends_id(words: Words) -> Words:
    """The words of an example where both ends know the transaction by one number."""
    theirs = FROM_WALLBOX["StartTransaction"].answer["transaction_id"]
    return {name: theirs if word == TRANSACTION else word for name, word in words.items()}


@pytest.mark.parametrize("rule", UP, ids=lambda rule: rule.action)
async def test_a_wallbox_message_passes_with_its_answer_where_it_is_relayed(
    relayed: Site, rule: Rule
) -> None:
    words = _with_the_backends_id(FROM_WALLBOX[rule.action].asked)
    async with asyncio.timeout(LIMIT_S):
        answer = await relayed.served.ask(rule.action, words)
    if rule.action == "SignCertificate":  # it ends here (R36)
        assert answer == _as_written(rule.action, rule.away_answer)
        assert relayed.station.all_of(rule.action) == []
    else:
        assert answer == FROM_WALLBOX[rule.action].answer
        assert relayed.station.all_of(rule.action)[-1] == words


@pytest.mark.parametrize("rule", DOWN, ids=lambda rule: rule.action)
async def test_a_backend_message_passes_with_its_answer_where_it_is_relayed(
    relayed: Site, rule: Rule
) -> None:
    words = _with_the_backends_id(FROM_BACKEND[rule.action].asked)
    async with asyncio.timeout(LIMIT_S):
        answer = await relayed.station.ask(rule.action, words)
    if rule.relayed is Decision.VIRTUALISE:  # it would re-key the wallbox's link (R36, R37)
        assert "status" in answer
        assert relayed.served.all_of(rule.action) == []
    else:
        assert relayed.served.all_of(rule.action) == [words]
        assert answer == (LETS_US.get(rule.action) or FROM_BACKEND[rule.action].answer)
