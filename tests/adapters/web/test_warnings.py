import asyncio

import pytest
from tests.support.frames import TAKEN
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, a_backend, a_wallbox

from wattgate.adapters.web.warnings import warnings_of
from wattgate.core.security.certificates import LinkSecurity

EVSE = """
[site]
max_current_a = 32
house_load_a = 0
[[evse]]
id = "stall-1"
address = "CP1"
"""
BACKEND = """
[[evse.gateway]]
url = "ws://backend"
"""
CARD = """
[[card]]
id_tag = "04A1"
"""
EVERYBODY = "Everybody may charge here: the EVSE has no backend, and the site has no [[card]]."


def said(world: World) -> list[str]:
    assert world.manager is not None
    (state,) = world.manager.evses()
    return warnings_of(state)


@pytest.mark.parametrize(
    ("site_toml", "warnings"),
    [
        (EVSE, [EVERYBODY]),
        (EVSE + "enabled = false", []),
        (EVSE + CARD, []),
        (EVSE + BACKEND, []),
    ],
)
@in_virtual_time()
async def test_that_everybody_may_charge_is_said_loudly_r57(
    site_toml: str, warnings: list[str]
) -> None:
    world = World(site_toml)
    await world.start()
    assert said(world) == warnings
    await world.kill()


@in_virtual_time()
async def test_a_backend_that_does_not_take_the_evse_is_a_warning_r29() -> None:
    world = World(EVSE + BACKEND)
    await world.start()
    await world.boot("CP1", a_wallbox())
    await asyncio.sleep(1)
    start = "The backend has not taken this EVSE since 2026-05-15 12:00 UTC, "
    assert said(world) == [start + "1 attempt: connection refused"]
    await asyncio.sleep(31)
    assert said(world) == [start + "3 attempts: connection refused"]
    world.dialer.backends["ws://backend/CP1"] = backend = a_backend(
        BootNotification=lambda _: TAKEN | {"currentTime": world.clock.wall().isoformat()}
    )
    await backend.got("StatusNotification")
    assert said(world) == []
    await world.kill()


@pytest.mark.parametrize(
    ("security", "warnings"),
    [
        (LinkSecurity.PLAIN, []),
        (
            LinkSecurity.UNVERIFIED,
            [
                "The backend is not verified: nobody vouches for its certificate, so that whoever "
                "is on the way may pretend to be it. Store its authority, or its certificate "
                "itself: `wattgate cert import --authority --set stall-1 FILE`; where a public "
                "authority signed it, set `system_roots`. Both count from the next connection on."
            ],
        ),
        (LinkSecurity.VERIFIED, []),
    ],
)
@in_virtual_time()
async def test_a_backend_that_nobody_vouches_for_is_a_warning_p23_s10(
    security: LinkSecurity, warnings: list[str]
) -> None:
    world = World(EVSE + BACKEND)
    world.dialer.security = security
    world.dialer.backends["ws://backend/CP1"] = backend = a_backend(
        BootNotification=lambda _: TAKEN | {"currentTime": world.clock.wall().isoformat()}
    )
    await world.start()
    assert said(world) == []
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await backend.got("BootNotification")
    await asyncio.sleep(1)
    assert said(world) == warnings
    backend.hang_up()
    await asyncio.sleep(1)
    assert "not verified" not in " ".join(said(world))
    await world.kill()


@pytest.mark.parametrize(
    ("jump_s", "warnings"),
    [
        (0, []),
        (-4, []),
        (-60, ["The backend's clock is 60 s ahead of ours: one of them is wrong."]),
        (60, ["The backend's clock is 60 s behind ours: one of them is wrong."]),
        (7200, ["The backend's clock is 2 hours behind ours: one of them is wrong."]),
        (-17e6, ["The backend's clock is 197 days ahead of ours: one of them is wrong."]),
    ],
)
@in_virtual_time()
async def test_clocks_that_differ_are_a_warning_r48(jump_s: float, warnings: list[str]) -> None:
    world = World(EVSE + BACKEND)
    backend = world.dialer.backends["ws://backend/CP1"] = a_backend()
    await world.start()
    await world.boot("CP1", a_wallbox())
    await backend.got("StatusNotification")
    world.clock.jump_wall(jump_s)
    assert said(world) == warnings
    await world.kill()


@in_virtual_time()
async def test_an_id_that_two_wallboxes_fight_for_is_shown_r27() -> None:
    world = World(EVSE + CARD)
    await world.start()
    for _ in range(5):
        world.plug_in("CP1", a_wallbox())
        await asyncio.sleep(1)
    (sentence,) = said(world)
    assert "Two wallboxes seem to carry the ChargeBox ID CP1" in sentence
    await world.kill()


@pytest.mark.parametrize(
    ("settings", "backend", "free_tag", "words"),
    [
        ("", "", "FREE", None),
        ('fixed_rfid = "04A1"', "", "", None),
        ('fixed_rfid = "04A1"', "", "FREE", '"04A1" takes the place of "FREE"'),
        ("", 'client_id = "A"', "", '"CP1" is "A" for the backend'),
    ],
)
@in_virtual_time()
async def test_rewriting_what_signed_data_contain_is_a_warning_once_there_are_some_r116(
    settings: str, backend: str, free_tag: str, words: str | None
) -> None:
    own = f'[[wallbox]]\nid = "CP1"\nfree_tag = "{free_tag}"\n'
    world = World(f"{own}{EVSE}{settings}{BACKEND}{backend}")
    identity = "A" if backend else "CP1"
    world.dialer.backends[f"ws://backend/{identity}"] = a_backend()
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await asyncio.sleep(1)
    assert said(world) == []
    sample = {"value": "OCMF|{}|{}", "format": "SignedData"}
    values = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": [sample]}
    await wallbox.ask("MeterValues", {"connectorId": 1, "meterValue": [values]})
    for _ in range(2):
        assert len(said(world)) == (words is not None)
        assert all(str(words) in sentence for sentence in said(world))
        await world.kill()
        await world.start()
        await world.boot("CP1", a_wallbox())
        await asyncio.sleep(15)
    await world.kill()


@in_virtual_time()
async def test_p20_of_several_backends_each_warning_names_its_own() -> None:
    report = '[[evse.gateway]]\nurl = "ws://report:9000"\nclient_id = "R"\nrole = "report"\n'
    world = World(EVSE + BACKEND + report)
    world.dialer.backends["ws://report:9000/R"] = a_backend(
        BootNotification=lambda _: TAKEN | {"currentTime": world.clock.wall().isoformat()}
    )
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await asyncio.sleep(1)
    world.clock.jump_wall(60)
    sample = {"value": "OCMF|{}|{}", "format": "SignedData"}
    values = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": [sample]}
    await wallbox.ask("MeterValues", {"connectorId": 1, "meterValue": [values]})
    assert said(world) == [
        "The backend CP1@backend has not taken this EVSE since 2026-05-15 12:00 UTC, 1 attempt: "
        "connection refused",
        "The wallbox delivers signed data, and Wattgate changes what they contain on the way to "
        'the backend R@report:9000: "CP1" is "R" for the backend. Bills by calibration law need '
        "both to agree.",
        "The backend R@report:9000's clock is 60 s behind ours: one of them is wrong.",
    ]
    await world.kill()


@in_virtual_time()
async def test_r106_without_one_that_decides_everybody_may_charge() -> None:
    world = World(EVSE + BACKEND + 'role = "report"')
    await world.start()
    assert said(world)[0] == (
        "Everybody may charge here: the EVSE has no backend that decides, and the site has no "
        "[[card]]."
    )
    await world.kill()


@in_virtual_time()
async def test_r86_an_evse_that_its_backend_has_taken_out_of_service_says_so() -> None:
    world = World(EVSE + BACKEND)
    world.dialer.backends["ws://backend/CP1"] = backend = a_backend()
    await world.start()
    wallbox = a_wallbox(ChangeAvailability=lambda _: {"status": "Accepted"})
    await world.boot("CP1", wallbox)
    await backend.got("StatusNotification")
    for kind, warnings in (
        (
            "Inoperative",
            [
                "The backend has taken this EVSE out of service (ChangeAvailability): nobody can "
                "charge here until it puts it back."
            ],
        ),
        ("Operative", []),
    ):
        await backend.ask("ChangeAvailability", {"connectorId": 1, "type": kind})
        assert said(world) == warnings
    await world.kill()


@in_virtual_time()
async def test_r86_of_several_backends_the_one_that_holds_an_evse_is_named() -> None:
    world = World(
        f'{EVSE}{BACKEND}[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'
        'commands = ["ChangeAvailability"]\n'
    )
    backend, report = a_backend(), a_backend()
    world.dialer.backends |= {"ws://backend/CP1": backend, "ws://report/CP1": report}
    await world.start()
    wallbox = a_wallbox(ChangeAvailability=lambda _: {"status": "Accepted"})
    await world.boot("CP1", wallbox)
    await report.got("StatusNotification")
    await report.ask("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"})
    assert [each.partition(" (")[0] for each in said(world)] == [
        "The backend CP1@report has taken this EVSE out of service"
    ]
    await world.kill()


@pytest.mark.parametrize(
    ("client_id", "whose"), [("BOX", "this client id"), ("RIGHT", "this EVSE")]
)
@in_virtual_time()
async def test_r66_of_a_login_that_evses_share_it_is_not_said_which_lost_a_message(
    client_id: str, whose: str
) -> None:
    """Each of them has the warning, and the messages are counted together."""
    right = EVSE[EVSE.index("[[evse]]") :].replace("stall-1", "stall-2") + "connector = 2"
    world = World(f'{EVSE}{BACKEND}client_id = "BOX"\n{right}{BACKEND}client_id = "{client_id}"\n')
    await world.start()
    assert world.manager is not None
    state = world.manager.evses()[0]
    (backend,) = state.evse.backends
    backend.link.pump.given_up = 2
    assert any(f"did not take 2 messages of {whose}:" in each for each in warnings_of(state))
    await world.kill()
