from wattgate.cli.demo_site import PASSWORDS, site_text, wallboxes
from wattgate.core.load.phases import phases_used
from wattgate.core.site.reading import read_toml

URL = "ws://127.0.0.1:9000/"
BOXES = wallboxes(tuple(f"password-{number:02}-xyz" for number in range(PASSWORDS)))


def test_the_site_file_has_no_problems_and_leaves_30_a_for_cars() -> None:
    site = read_toml(site_text(BOXES, URL))
    assert site.site.for_charging_a == 30
    assert [evse.name for evse in site.evses] == ["Left", "Middle", "Right"]


def test_only_this_machine_can_connect() -> None:
    assert read_toml(site_text(BOXES, URL)).ocpp_server.host == "127.0.0.1"


def test_every_wallbox_has_passwords_of_its_own() -> None:
    site = read_toml(site_text(BOXES, URL))
    inside = [site.wallbox(evse.address).password for evse in site.evses]
    outside = [evse.gateways[0].password for evse in site.evses]
    assert len({*inside, *outside}) == PASSWORDS


def test_the_third_wallbox_is_on_the_second_phase_alone() -> None:
    evses = read_toml(site_text(BOXES, URL)).evses
    used = [phases_used(evse.phases, evse.phase_rotation.value) for evse in evses]
    assert used == [{0, 1, 2}, {0, 1, 2}, {1}]


def test_no_password_is_shown_on_a_command_line_or_in_a_log() -> None:
    for box in BOXES:
        words = f"{box.options(URL)} {box!r}"
        assert box.password not in words
        assert box.backend_password not in words


def test_a_wallbox_is_started_as_the_site_knows_it() -> None:
    words = BOXES[2].options(URL)
    assert words[0] == "wallbox"
    assert words[words.index("--id") + 1] == "CP3"
    assert words[words.index("--phases") + 1] == "1"
