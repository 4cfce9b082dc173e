"""A random story in virtual time: wallboxes, backends, a network, and a manager between them."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.support.interleaving_logins import Login
from tests.support.random_backend import RandomBackend
from tests.support.random_box import RandomBox
from tests.support.shaky_links import ShakyLink, ShakyNet
from tests.support.site_text import card, evse, site, wallbox
from tests.support.world import World

from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest, Refused
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver

STEPS: Final = 70
DRAIN_S: Final = 3600.0


@dataclass
class ShakyDialer:
    """Reaches backends over the shaky net, when they are there."""

    net: ShakyNet
    backends: dict[str, RandomBackend]

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        name, station = target.url.removeprefix("ws://").split("/")
        backend = self.backends[name]
        if backend.is_away:
            raise DialFailed(DialStep.TCP, "connection refused")
        link = self.net.connect(f"{name} {station}", receiver, backend.session(station))
        return link.ends[0]


@dataclass
class Outage:
    """When the store could not store, s."""

    begin: float
    end: float


@dataclass
class Story:
    """Everything that takes part, and what was done to it."""

    seed: int
    chance: random.Random
    net: ShakyNet
    world: World
    boxes: dict[str, RandomBox]
    backends: dict[str, RandomBackend]
    logins: tuple[Login, ...]
    kills: list[float] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    is_over: bool = False
    command_of: "Callable[[Story, Login], tuple[str, str]]" = field(
        default_factory=lambda: usual_command
    )
    """What a backend asks for next."""
    deeds: Mapping[str, int] = field(default_factory=lambda: DEEDS)
    """What may happen, and how often beside the others."""

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    # Connections

    def plug_in(self, name: str, *, boot: bool) -> None:
        """Connect a wallbox, whatever it has been connected to."""
        manager = self.world.manager
        if manager is None:
            return
        request = HandshakeRequest(f"/{name}", ("ocpp1.6",), None, "192.0.2.7:1")
        admission = manager.stations.admit(request)
        if isinstance(admission, Refused):  # it took its own place too often (S2)
            self.come_back(name)
            return
        assert isinstance(admission, Admitted), admission
        receiver = manager.stations.welcome(admission, request.peer_address)
        box = self.boxes[name]
        self.net.connect(name, receiver, box.port())
        box.begin(boot=boot)

    def come_back(self, name: str) -> None:
        """A wallbox that was cut off tries again and again."""
        wait_s = 1.0 if self.is_over else self.chance.uniform(1.0, 30.0)
        asyncio.get_running_loop().call_later(wait_s, self._try_again, name)

    def _try_again(self, name: str) -> None:
        if self.boxes[name].is_connected:
            return
        if self.world.manager is None:
            self.come_back(name)
        else:
            self.plug_in(name, boot=self.chance.random() < 0.3)

    # What happens

    async def step(self) -> None:
        """Let something happen, and then some time pass."""
        happen = self.chance.choices(tuple(self.deeds), tuple(self.deeds.values()))[0]
        await getattr(self, happen)()
        await asyncio.sleep(self.chance.choice((0.0, 0.01, 0.5, 3.0, 8.0, 25.0)))

    def _box(self) -> RandomBox:
        return self.chance.choice(list(self.boxes.values()))

    def _connector(self) -> tuple[RandomBox, int]:
        box = self._box()
        return box, box.connectors[0] if len(box.connectors) == 1 else self.chance.choice(
            box.connectors
        )

    async def box_charges(self) -> None:
        box, connector = self._connector()
        if connector not in box.running:
            box.start(connector)
        else:
            box.meter(connector, signed=self.chance.random() < 0.3)

    async def box_stops(self) -> None:
        box, connector = self._connector()
        box.stop(connector)

    async def box_measures(self) -> None:
        box, connector = self._connector()
        box.meter(connector, signed=False)

    async def box_chats(self) -> None:
        self._box().chat()

    async def box_is_stale(self) -> None:
        """It stops what is another's: a transaction with that number exists, and not here."""
        box = self._box()
        others = [
            each.known_as
            for other in self.boxes.values()
            for each in other.transactions
            if other is not box and each.known_as is not None
        ]
        box.stale(self.chance.choice([*others, 77_777]))

    async def box_comes_anew(self) -> None:
        """A new connection, while the old one hangs for a while or for ever."""
        box = self._box()
        for link in self._links_of(box.name):
            link.die(self.chance.choice((None, 0.0, 5.0, 40.0)), None)
        self.plug_in(box.name, boot=self.chance.random() < 0.4)

    async def link_dies(self) -> None:
        """Both ends learn it, each in its time; what was on the way is lost."""
        if alive := self.net.alive():
            self.chance.choice(alive).die(
                self.chance.uniform(0.0, 10.0), self.chance.uniform(0.0, 10.0)
            )

    async def link_is_held(self) -> None:
        """One direction hangs for up to a minute and a half, then everything comes at once."""
        if alive := self.net.alive():
            link = self.chance.choice(alive)
            link.hold(from_manager=self.chance.random() < 0.5)
            asyncio.get_running_loop().call_later(self.chance.uniform(1.0, 90.0), link.let_go)

    async def backend_commands(self) -> None:
        login = self.chance.choice(self.logins)
        session = self.backends[login.backend].sessions.get(login.client_id)
        if session is not None:
            session.command(*self.command_of(self, login))

    async def backend_goes(self) -> None:
        """A backend is away for up to ten minutes."""
        backend = self.chance.choice(list(self.backends.values()))
        backend.is_away = True
        for link in self.net.alive():
            if link.party.startswith(f"{backend.name} "):
                link.die(self.chance.uniform(0.0, 20.0), 0.0)
        loop = asyncio.get_running_loop()
        loop.call_later(self.chance.uniform(5.0, 600.0), setattr, backend, "is_away", False)

    async def store_fails(self) -> None:
        """The disk is full for up to half a minute."""
        if self.world.store.failing:
            return
        self.outages.append(Outage(self.now, self.now + self.chance.uniform(1.0, 30.0)))
        self.world.store.failing = True
        asyncio.get_running_loop().call_later(
            self.outages[-1].end - self.now, setattr, self.world.store, "failing", False
        )

    async def manager_dies(self) -> None:
        """Everything it has on the way is lost, and all that is not stored; then it starts anew."""
        self.kills.append(self.now)
        for link in self.net.links:
            if not link.is_dead:
                link.die(None, self.chance.uniform(0.0, 20.0))
        await self.world.kill()
        self.world.store.failing = False
        await asyncio.sleep(self.chance.uniform(0.0, 5.0))
        await self.world.start()

    def _links_of(self, party: str) -> list[ShakyLink]:
        return [link for link in self.net.alive() if link.party == party]

    # The end

    async def drain(self) -> bool:
        """Let all faults end, and wait until everything is delivered; whether that came."""
        self.is_over = True
        self.world.store.failing = False
        for backend in self.backends.values():
            backend.is_calm, backend.is_away = True, False
        for box in self.boxes.values():
            box.is_calm = True
            for connector in box.connectors:
                box.stop(connector)
        self.net.calm_down()
        for name, box in self.boxes.items():
            if not box.is_connected:
                self.come_back(name)
        end = self.now + DRAIN_S
        while self.now < end:
            await asyncio.sleep(20.0)
            if all(box.is_done for box in self.boxes.values()) and not await self._waiting():
                return True
        return False

    async def _waiting(self) -> int:
        """How many messages wait in the store."""
        recovered = await self.world.store.recover()
        return sum(recovered.outbox_depths.values())


def usual_command(story: Story, login: Login) -> tuple[str, str]:
    """What any backend may ask."""
    backend = story.backends[login.backend]
    mark = f"{backend.name} {len(backend.commands)}"
    numbers = [
        number for (station, _), (number, _) in backend.starts.items() if station == login.client_id
    ]
    at = story.chance.choice(tuple(login.numbers.values()))
    number = story.chance.choice([*numbers, *numbers, 4711])
    period = '{"startPeriod":0,"limit":8.0}'
    profile = (
        '"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile",'
        '"chargingProfileKind":"Relative","chargingSchedule":{"chargingRateUnit":"A",'
        f'"chargingSchedulePeriod":[{period}]}}'
    )
    return story.chance.choice(
        (
            ("DataTransfer", f'{{"vendorId":"t","data":"{mark}"}}'),
            ("DataTransfer", f'{{"vendorId":"t", "data":"\\/ {mark}"}}'),
            ("GetConfiguration", f'{{"key":["Vendor{len(backend.commands)}"]}}'),
            ("RemoteStopTransaction", f'{{"transactionId":{number}}}'),
            ("RemoteStopTransaction", f'{{"transactionId": {number}}}'),
            ("RemoteStartTransaction", f'{{"idTag":"04A1","connectorId":{at}}}'),
            ("TriggerMessage", '{"requestedMessage":"StatusNotification"}'),
            ("Reset", '{"type":"Soft"}'),
            (
                "SetChargingProfile",
                f'{{"connectorId":{at},"csChargingProfiles":{{{profile}}}}}',
            ),
        )
    )


DEEDS: Final[Mapping[str, int]] = {
    "box_charges": 30,
    "box_stops": 8,
    "box_measures": 4,
    "box_chats": 12,
    "box_is_stale": 2,
    "box_comes_anew": 4,
    "link_dies": 8,
    "link_is_held": 6,
    "backend_commands": 22,
    "backend_goes": 3,
    "store_fails": 3,
    "manager_dies": 3,
}
"""What may happen, and how often beside the others."""


def a_story(seed: int) -> Story:
    """Two to four wallboxes at one or two backends."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    names = [f"CP{number + 1}" for number in range(chance.randint(2, 4))]
    at_home = {name: chance.choice(("one", "two")) for name in names}
    tables = [evse(f"stall-{n}", n, {"url": f"ws://{at_home[n]}/"}) for n in names]
    logins = [Login(at_home[n], n, n, f"stall-{n} {n}@{at_home[n]}", {1: 1}) for n in names]
    return story_of(seed, chance, dict.fromkeys(names, 1), tables, logins, ("one", "two"))


def story_of(
    seed: int,
    chance: random.Random,
    connectors: Mapping[str, int],
    tables: Sequence[str],
    logins: Sequence[Login],
    backend_names: Sequence[str],
) -> Story:
    """A story of wallboxes with so many connectors each; `tables` are their EVSEs."""
    boxes = [wallbox(name, overtaking=False) for name in connectors]
    mode = chance.choice(("active", "observe"))
    text = site(*tables, *boxes, card("04A1"), max_current_a=63, load_management=mode)
    net = ShakyNet(chance)
    backends = {name: RandomBackend(name, chance) for name in backend_names}
    world = World(text)
    world.dialer = ShakyDialer(net, backends)  # type: ignore[assignment]  # it dials, too
    story = Story(seed, chance, net, world, {}, backends, tuple(logins))
    for name, count in connectors.items():
        story.boxes[name] = RandomBox(name, chance, _comes_back(story, name), count)
    return story


def _comes_back(story: Story, name: str) -> Callable[[], None]:
    return lambda: story.come_back(name)


async def tell(story: Story, steps: int = STEPS) -> bool:
    """Tell the whole story; whether everything was delivered at its end."""
    await story.world.start()
    for name in story.boxes:
        story.plug_in(name, boot=True)
    await asyncio.sleep(1.0)
    for _ in range(steps):
        await story.step()
    drained = await story.drain()
    await story.world.kill()
    return drained
