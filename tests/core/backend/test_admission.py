import pytest

from wattgate.core.backend.admission import Guests


@pytest.mark.parametrize(
    ("guests", "claimed_id", "station_id"),
    [
        (Guests(), "anybody", "anybody"),
        (Guests(known=frozenset({"CP1"})), "CP1", "CP1"),
        (Guests(known=frozenset({"CP1"})), "cp1", "CP1"),
        (Guests(known=frozenset({"CP1"})), "CP2", None),
        (Guests(known=frozenset({"CP1"}), passwords={"CP2": "x"}), "cp2", "CP2"),
        (Guests(passwords={"CP2": "x"}), "cp2", "CP2"),
        (Guests(passwords={"CP2": "x"}), "CP1", "CP1"),
    ],
)
def test_everybody_is_a_guest_unless_there_is_a_list_r19_r20(
    guests: Guests, claimed_id: str, station_id: str | None
) -> None:
    entry = guests.find(claimed_id)
    assert (entry and entry.station_id) == station_id


@pytest.mark.parametrize(
    ("station_id", "password"), [("CP1", "common"), ("CP2", "own"), ("CP3", "")]
)
def test_an_own_password_counts_instead_of_the_common_one(station_id: str, password: str) -> None:
    entry = Guests(password="common", passwords={"CP2": "own", "CP3": ""}).find(station_id)
    assert entry is not None
    assert entry.password == password
