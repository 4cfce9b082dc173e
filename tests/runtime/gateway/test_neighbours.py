"""A backend that means its neighbour's connector or transaction in a way that only some read.

Where a key comes twice, wallboxes differ in which value they take, and some take a missing
connector for the whole wallbox. What two of them could read differently never gets there.
"""

import pytest
from tests.support.frames import obedient_wallbox, settled
from tests.support.roles import PRIMARY, several
from tests.support.virtual_time import in_virtual_time

TWO = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}
RESERVED = '"idTag":"a","expiryDate":"2030-01-01T00:00:00Z"'
PROFILE = (
    '"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,'
    '"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",'
    '"chargingSchedule":{"chargingRateUnit":"A",'
    '"chargingSchedulePeriod":[{"startPeriod":0,"limit":6}]}}'
)


@pytest.mark.parametrize("place", ["", '"connectorId":null,', '"connectorId":1,"connectorId":[],'])
@pytest.mark.parametrize(
    ("action", "rest"),
    [
        ("ChangeAvailability", '"type":"Inoperative"'),
        ("ReserveNow", f'"reservationId":1,{RESERVED}'),
        ("SetChargingProfile", PROFILE),
        ("UnlockConnector", '"x":1'),
    ],
)
@pytest.mark.parametrize("observes", [False, True])
@in_virtual_time()
async def test_r101_no_command_gets_to_a_wallbox_of_several_that_names_no_connector(
    action: str, rest: str, place: str, *, observes: bool
) -> None:
    more = 'load_management = "observe"\n' if observes else ""
    site = await several(TWO, obedient_wallbox(), more)
    site["two"].send(f'[2,"asked","{action}",{{{place}{rest}}}]')
    await settled()
    assert site.wallbox.payload_texts(action) == []
    await site.world.kill()


@pytest.mark.parametrize(
    "named", ["", '"transactionId":null', '"transactionId":1,"transactionId":null']
)
@in_virtual_time()
async def test_r74_no_stop_gets_to_the_wallbox_that_names_no_transaction(named: str) -> None:
    site = await several(TWO)
    assert await site.start(1) == 1
    await site.start(2)
    site["two"].send(f'[2,"asked","RemoteStopTransaction",{{{named}}}]')
    await settled()
    assert site.wallbox.payload_texts("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_r105_a_reservation_that_is_named_twice_is_its_own_each_time() -> None:
    site = await several(TWO, obedient_wallbox())
    for name, number in (("two", 1), ("one", 2)):
        site[name].send(
            f'[2,"{name}","ReserveNow",{{"connectorId":1,"reservationId":{number},{RESERVED}}}]'
        )
        await settled()
    ours, _ = site.wallbox.all_of("ReserveNow")
    assert ours["reservationId"] == 1
    site["two"].send('[2,"asked","CancelReservation",{"reservationId":2,"reservationId":1}]')
    await settled()
    assert site.wallbox.payload_texts("CancelReservation") == [
        '{"reservationId":1,"reservationId":1}'
    ]
    await site.world.kill()


@in_virtual_time()
async def test_r60_a_profile_that_only_some_read_as_a_neighbours_is_nobodys() -> None:
    site = await several(TWO, obedient_wallbox(), 'load_management = "observe"\n')
    assert await site.start(1) == 1
    twice = PROFILE.replace('"stackLevel"', '"transactionId":1,"transactionId":null,"stackLevel"')
    site["two"].send(f'[2,"asked","SetChargingProfile",{{"connectorId":1,{twice}}}]')
    await settled()
    assert site.wallbox.payload_texts("SetChargingProfile") == []
    await site.world.kill()
