"""Random stories of EVSEs that share a login: nothing about one ever reaches another."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.frames import literal_backend, settled
from tests.support.shared_login import SharedLogin, Sharer, a_sharer
from tests.support.virtual_time import run_virtual
from tests.support.world import Json

pytestmark = pytest.mark.story

NAMES = "abcd"
STATES = ("Available", "Preparing", "Charging", "Faulted")


@dataclass
class Story:
    """A site whose EVSEs come and go, and what must be true of it whatever happens."""

    chance: random.Random
    site: SharedLogin
    numbers: dict[str, int] = field(default_factory=dict)
    ours: dict[str, int] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    stopped: int = 0
    commanded: int = 0
    somebody_left: bool = False

    async def tell(self, steps: int) -> None:
        await self.site.start()
        await self._all_boot()
        for _ in range(steps):
            step = self.chance.choices(
                (self._command, self._begin, self._end, self._report, self._lose, self._restart),
                (6, 3, 3, 2, 1, 1),
            )
            await step[0]()
        await self._deliver_all()
        await self.site.stop()

    def _someone(self) -> Sharer:
        return self.chance.choice(list(self.site.sharers.values()))

    async def _all_boot(self) -> None:
        for each in self.site.sharers.values():
            self.numbers.setdefault(each.name, each.number)
            await each.boot()
        await settled()
        assert {each.name: each.number for each in self.site.sharers.values()}.items() <= (
            self.numbers.items()
        )
        assert len(set(self.numbers.values())) == len(self.numbers)

    # From the backend

    async def _command(self) -> None:
        target = self._someone()
        if not self.site.link.is_online:
            await asyncio.sleep(15)  # by then it has logged in again
        assert self.site.link.is_online
        action, payload = self.chance.choice(self._commands_for(target))
        for each in self.site.sharers.values():
            each.wallbox.calls.clear()
        await self.site.backend.ask(action, payload)
        await settled()
        told = {
            each.name: each.wallbox.all_of(action)
            for each in self.site.sharers.values()
            if each.wallbox.all_of(action)
        }
        assert set(told) <= {target.name}, (action, payload, told)
        for heard in told.get(target.name, ()):
            assert heard.get("connectorId", 1) == 1
            assert heard.get("transactionId") in (None, self.ours.get(target.name))
        self.commanded += bool(told)
        self._profiles_are_told_apart()

    def _profiles_are_told_apart(self) -> None:
        """No two EVSEs have a profile of the same id, since none was for all of them (R93).

        Who was taken out of the site file comes back with the profiles that it had.
        """
        if self.somebody_left:
            return
        ids = [
            profile.profile_id
            for each in self.site.sharers.values()
            for _, profile in each.virtual.backend.profiles.stack.entries
        ]
        assert len(set(ids)) == len(ids)

    def _commands_for(self, target: Sharer) -> list[tuple[str, Json]]:
        number = target.number
        named: list[tuple[str, Json]] = [
            ("ChangeAvailability", {"connectorId": number, "type": "Operative"}),
            ("RemoteStartTransaction", {"connectorId": number, "idTag": "R"}),
            ("UnlockConnector", {"connectorId": number}),
            ("TriggerMessage", {"connectorId": number, "requestedMessage": "MeterValues"}),
            ("SetChargingProfile", self._profile(number, "TxDefaultProfile")),
            ("GetCompositeSchedule", {"connectorId": number, "duration": 60}),
        ]
        transaction = target.evse.transaction
        if transaction is not None and transaction.backend_id is not None:
            named.append(("RemoteStopTransaction", {"transactionId": transaction.backend_id}))
            named.append(("SetChargingProfile", self._profile(number, "TxProfile")))
        return named

    def _profile(self, number: int, purpose: str) -> Json:
        period = {"startPeriod": 0, "limit": float(self.chance.randint(6, 32))}
        profile = {
            "chargingProfileId": self.chance.randint(1, 5),
            "stackLevel": self.chance.randint(0, 2),
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Relative",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]},
        }
        return {"connectorId": number, "csChargingProfiles": profile}

    # From the wallboxes

    async def _begin(self) -> None:
        one = self._someone()
        if one.name not in self.ours:
            tag = f"{one.name}{len(self.tags[one.name])}"
            self.tags[one.name].append(tag)
            self.ours[one.name] = await one.start(tag)

    async def _end(self) -> None:
        one = self._someone()
        if one.name in self.ours:
            await one.stop(self.ours.pop(one.name), self.tags[one.name][-1])
            self.stopped += 1

    async def _report(self) -> None:
        await self._someone().report(self.chance.choice(STATES))

    # What goes wrong

    async def _lose(self) -> None:
        if self.site.link.is_online:
            self.site.backend.hang_up()
            await settled()

    async def _restart(self) -> None:
        """With other EVSEs in the site file, in another order."""
        await self.site.stop()
        names = [each for each in NAMES if each in self.ours or self.chance.random() < 0.7] or ["a"]
        self.chance.shuffle(names)
        self.somebody_left |= not set(self.numbers) <= set(names)
        self.site = SharedLogin(
            tuple(map(a_sharer, names)),
            self.site.observing,
            backend=self.site.backend,
            store=self.site.store,
            clock=self.site.clock,
        )
        await self.site.start()
        await self._all_boot()

    async def _deliver_all(self) -> None:
        """Every transaction is billed once, at its connector, and under its own id."""
        backend = self.site.backend
        for action, count in (
            ("StartTransaction", sum(map(len, self.tags.values()))),
            ("StopTransaction", self.stopped),
        ):
            if count:
                await backend.got(action, count)
        await settled()
        names = {number: name for name, number in self.numbers.items()}
        begun: dict[str, list[str]] = defaultdict(list)
        for start in backend.all_of("StartTransaction"):
            name = names[start["connectorId"]]
            if start["idTag"] not in begun[name]:  # it may have been sent twice (R67)
                begun[name].append(start["idTag"])
        assert begun == {name: tags for name, tags in self.tags.items() if tags}
        for stop in backend.all_of("StopTransaction"):
            connector, place = divmod(stop["transactionId"], 1000)
            assert stop["idTag"] == f"{names[connector]}{place}"


def its_connectors(start: Json) -> Json:
    """A backend whose transaction ids say which connector they are of, and which they are there."""
    place = int(start["idTag"][1:])
    return {
        "idTagInfo": {"status": "Accepted"},
        "transactionId": 1000 * start["connectorId"] + place,
    }


async def a_story(seed: int) -> Story:
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    backend = literal_backend(StartTransaction=its_connectors)
    names = NAMES[: chance.randint(2, 3)]
    is_observing = chance.random() < 0.5
    story = Story(chance, SharedLogin(tuple(map(a_sharer, names)), is_observing, backend))
    await story.tell(40)
    return story


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_p16_nothing_about_one_evse_ever_reaches_another_r101(seed: int) -> None:
    run_virtual(a_story(seed), within_s=100_000)


def test_the_stories_tell_of_commands_that_reach_wallboxes_and_of_bills() -> None:
    """A story of nothing proves nothing."""

    async def told() -> None:
        stories = [await a_story(seed) for seed in range(5)]
        assert sum(story.commanded for story in stories) > 40
        assert sum(story.stopped for story in stories) > 10
        assert {story.somebody_left for story in stories} == {True, False}

    run_virtual(told(), within_s=100_000)
