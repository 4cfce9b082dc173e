"""Probing real slaves on loopback; what is read is known to the last word."""

import msgspec
import pytest
from tests.support.modbus_device import RegisterBank
from tests.support.power_brain_bank import charging_power_brain

from wattgate.adapters.modbus.definition_files import shipped
from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.cli.modbus_probe_run import look
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.requests import Read

HERE = TcpPlace("127.0.0.1", 0)


class SeenEnough(Exception):  # noqa: N818 - how somebody leaves who watches
    pass


async def probed(
    bank: RegisterBank,
    *happenings: dict[int, int],
    definition: Definition = POWER_BRAIN_DEFINITION,
    as_json: bool = False,
) -> int:
    """Probe a slave; `happenings` are what its registers change to between two looks."""
    changes = iter(happenings)

    async def pause(_: float) -> None:
        changed = next(changes, None)
        if changed is None:
            raise SeenEnough
        bank.registers.update(changed)

    async with ModbusSlave(HERE, definition.unit, bank) as slave:
        return await look(
            slave.place,
            definition.unit,
            definition,
            as_json=as_json,
            pause=pause if happenings else None,
        )


@pytest.mark.asyncio
async def test_a_probe_shows_registers_and_what_the_manager_would_make_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bank = charging_power_brain()
    assert await probed(bank) == 0
    shown, wrong = capsys.readouterr()
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert ", unit 1, read as power-brain (cFos Power Brain" in lines[0]
    for expected in (
        "register table address words says",
        "limit holding 8093 00a0 16.0 A",
        "energy holding 8058 0000 0000 0000 3039 12345 Wh",
        "model holding 8016 5042 0000 0000 0000 … PB",
        "What the manager would make of it:",
        "model cFos PB firmware 3.10",
        "serial number 1234",
        "state C: a car charges, or may",
        "draws 16 / 15.9 / 0 A, 11040 W",
        "counter 12345 Wh",
        "may draw 16 A per phase",
        "tells the car 16 A",
        "phases 3",
        "without a master 6 A after 180 s",
    ):
        assert expected in lines
    assert wrong == ""
    assert {type(request) for request in bank.asked} == {Read}, "a probe writes nothing"


@pytest.mark.asyncio
async def test_watching_shows_what_changes_only(capsys: pytest.CaptureFixture[str]) -> None:
    bank = charging_power_brain()
    with pytest.raises(SeenEnough):
        await probed(bank, {8092: 1, 8063: 0}, {}, {8093: 60})
    shown = capsys.readouterr().out
    changes = [line.partition(" s  ")[2] for line in shown.splitlines() if line.startswith("+")]
    assert changes == ["state: 2 -> 1", "power: 11040 W -> 0 W", "limit: 16.0 A -> 6.0 A"]


@pytest.mark.asyncio
async def test_an_answer_that_is_missing_is_said_and_watching_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bank = charging_power_brain()
    pauses = 0

    async def pause(_: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 1:
            await slave.close()
        if pauses == 2:
            bank.registers[8093] = 60
            slave_again = ModbusSlave(slave.place, 1, bank)
            again.append(slave_again)
            await slave_again.start()
        if pauses == 3:
            raise SeenEnough

    again: list[ModbusSlave] = []
    async with ModbusSlave(HERE, 1, bank) as slave:
        with pytest.raises(SeenEnough):
            await look(slave.place, 1, POWER_BRAIN_DEFINITION, as_json=False, pause=pause)
    await again[0].close()
    out, err = capsys.readouterr()
    assert f" s  {slave.place} hung up\n" in err or f"nobody listens at {slave.place}\n" in err
    assert out.endswith(" s  limit: 16.0 A -> 6.0 A\n")


@pytest.mark.asyncio
async def test_each_look_is_a_line_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SeenEnough):
        await probed(charging_power_brain(), {8093: 60}, as_json=True)
    looks = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["values"]["limit_a"] for each in looks] == [16.0, 6.0]
    (limit,) = [each for each in looks[1]["registers"] if each["role"] == "limit"]
    assert limit == {
        "role": "limit", "table": "holding", "address": 8093, "words": [60], "value": 6.0,
        "refusal": "",
    }  # fmt: skip


@pytest.mark.asyncio
async def test_the_register_that_is_refused_is_named_and_the_others_of_its_block_are_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bank = charging_power_brain()
    del bank.registers[8095], bank.registers[8120]
    assert await probed(bank) == 1
    shown, wrong = capsys.readouterr()
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "signalled holding 8095 exception 2: the device has no such register" in lines
    assert "limit holding 8093 00a0 16.0 A" in lines
    assert wrong == ("It refuses what power-brain should have: signalled (8095), restarts (8120)\n")


@pytest.mark.asyncio
async def test_a_device_with_none_of_the_registers_is_another_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await probed(RegisterBank({1: 1})) == 1
    shown, wrong = capsys.readouterr()
    assert wrong == "It answers, but has none of the registers of power-brain\n"
    assert "What the manager would make of it" not in shown


@pytest.mark.parametrize(
    ("changed", "shown", "wrong"),
    [
        ({"r8092": 7}, "unknown state 7 is no state of power-brain", "unknown (state 7)"),
        ({"r8092": 9}, "error GroundFailure", ""),
        ({"r8062": 0xFFFF}, "not believed power_w", ""),
        ({"r8094": 0}, "may draw 0 A per phase (16 A once enabled)", ""),
        ({"r8112": 0}, "draws not measured: counted with what it may draw", ""),
        ({"r8084": 0}, "without a master goes on as it is, until the manager sets", ""),
        ({"r8017": 0x1B5B}, "model cFos PB[ firmware 3.10", ""),
    ],
)
@pytest.mark.asyncio
async def test_what_is_odd_is_said(
    changed: dict[str, int], shown: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = await probed(charging_power_brain(**changed))
    out, err = capsys.readouterr()
    assert shown in " ".join(out.split())
    assert wrong in err
    assert status == (1 if wrong else 0)


@pytest.mark.asyncio
async def test_a_register_that_not_every_firmware_has_is_no_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keba = shipped()["keba-p30"]
    known = {1000: 3, 1004: 7, 1008: 0, 1010: 0, 1012: 0, 1014: 1, 1018: 0, 1020: 0, 1036: 0}
    words = {at + more: word for at, word in (known | {1100: 0}).items() for more in (0, 1)}
    await probed(RegisterBank(words), definition=keba)
    shown, wrong = capsys.readouterr()
    assert "the definition knows that not every firmware has it" in shown
    assert "refuses" not in wrong


@pytest.mark.asyncio
async def test_the_wrong_unit_says_nothing_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with ModbusSlave(HERE, 2, charging_power_brain()) as slave:
        status = await look(slave.place, 3, POWER_BRAIN_DEFINITION, as_json=False, pause=None)
    assert status == 1
    assert capsys.readouterr().err.endswith("did not answer within 1 s; is its unit id 3?\n")
