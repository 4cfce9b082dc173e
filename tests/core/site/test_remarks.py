"""What is worth saying about a site that can be run."""

import pytest

from wattgate.core.site.model import Site
from wattgate.core.site.reading import read_toml
from wattgate.core.site.remarks import remarks, waiting_for_start

SITE = """
[site]
max_current_a = {limit}
house_load_a = 10
{site}
[ocpp_server]
password = "{password}"
{server}
[[wallbox]]
id = "CP1"
password = "{own_password}"
{wallbox}
[[evse]]
id = "stall-1"
address = "CP1"
fixed_rfid = "{rfid}"
enabled = {enabled}
{gateway}
{card}
"""
SOUND = {
    "site": "",
    "limit": "40",
    "password": "geheim-1234",
    "server": "",
    "own_password": "",
    "wallbox": "",
    "rfid": "",
    "enabled": "true",
    "gateway": '[[evse.gateway]]\nurl = "ws://backend/"',
    "card": "",
}
REPORT = '\n[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'
METERED = 'grid_meter = "api"\n'
CARD = '[[card]]\nid_tag = "04A1B2C3"'


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"gateway": "", "card": CARD},
        {"gateway": SOUND["gateway"] + REPORT},
        {"gateway": SOUND["gateway"] + REPORT + 'commands = ["Reset"]'},
        {"gateway": SOUND["gateway"] + '\nrole = "report"\ncommands = "all"', "card": CARD},
        {"limit": "10", "site": 'load_management = "observe"'},
        {"gateway": "", "enabled": "false"},
        {"password": "", "own_password": "geheim-1234"},
        {"password": "", "server": 'tls = "on"', "wallbox": "security_profile = 3"},
        {"site": 'on_deactivation = "release"'},
        {"rfid": "04A1"},
        {"rfid": "04A1", "wallbox": 'free_tag = "FREE"'},
        {"limit": "10", "site": METERED, "wallbox": "grant_lifetime_s = 90"},
        {"limit": "63", "site": METERED, "wallbox": "grant_lifetime_s = 567"},
        {"limit": "63", "site": METERED + "reserve_a = 10"},
        {"limit": "40", "site": METERED + 'load_management = "observe"'},
        {"server": 'tls = "detect"'},
        {"server": 'tls_minimum = "1.0"'},
        {"gateway": '[[evse.gateway]]\nurl = "wss://backend/"\nsystem_roots = true'},
    ],
)
def test_a_sound_site_needs_no_word(change: dict[str, str]) -> None:
    assert remarks(read_toml(SITE.format(**SOUND | change))) == ()


@pytest.mark.parametrize(
    ("change", "path", "word"),
    [
        ({"limit": "10"}, "site › max_current_a", "leaves 0 A for charging"),
        ({"gateway": ""}, 'evse "stall-1"', "everybody may charge"),
        (
            {"gateway": SOUND["gateway"] + '\nrole = "report"'},
            'evse "stall-1"',
            "no backend that authorises and no cards: everybody may charge",
        ),
        (
            {"gateway": SOUND["gateway"] + REPORT + 'commands = "all"'},
            'evse "stall-1" › gateway 2 › commands',
            "beside the one that bills",
        ),
        ({"password": ""}, 'wallbox "CP1"', "anybody in the network"),
        (
            {"limit": "63", "site": METERED, "wallbox": "grant_lifetime_s = 568"},
            'wallbox "CP1" › grant_lifetime_s',
            "568 s is long: so long may a grant outlive the manager, while the house comes to "
            "draw 10 A more than reserve_a keeps free of 63 A",
        ),
        (
            {"wallbox": 'strategy = "single-value"'},
            'wallbox "CP1" › strategy',
            "`single-value`: it holds its last limit for ever",
        ),
        ({"wallbox": 'free_tag = "FREE"'}, 'wallbox "CP1" › free_tag', "has `fixed_rfid`"),
        ({"server": 'tls = "on"\ntls_minimum = "1.1"'}, "ocpp_server › tls_minimum", "TLS 1.1 is"),
        (
            {"gateway": SOUND["gateway"] + '\ncertificates = "a"'},
            'evse "stall-1" › gateway 1 › url',
            "no certificate counts",
        ),
        (
            {"gateway": SOUND["gateway"] + "\nsystem_roots = true"},
            'evse "stall-1" › gateway 1 › url',
            "no certificate counts",
        ),
    ],
)
def test_what_the_owner_may_not_expect_is_said_with_its_path(
    change: dict[str, str], path: str, word: str
) -> None:
    [remark] = remarks(read_toml(SITE.format(**SOUND | change)))
    assert remark.path == path
    assert word in remark.message


def without_password(*names: str) -> str:
    """Wallboxes of which nothing else is to be said."""
    evses = (
        f'[[evse]]\nid = "{name}"\naddress = "{name}"\n'
        '[[evse.gateway]]\nurl = "ws://backend/"\n'
        f'client_id = "{name}"\n'
        for name in names
    )
    return "[site]\nmax_current_a = 63\nhouse_load_a = 10\n" + "".join(evses)


def test_s1_that_no_wallbox_has_a_password_is_said_once() -> None:
    (remark,) = remarks(read_toml(without_password("CP1", "CP2")))
    assert remark.path == "ocpp_server › password"
    assert remark.message.startswith(
        "no wallbox has a password: anybody in the network can connect"
    )
    assert "keep the port in a network of your own" in remark.message


OWN = '[[wallbox]]\nid = "CP1"\npassword = "geheim-1234"\n'


@pytest.mark.parametrize(
    ("own", "keyed", "named"),
    [
        (OWN, (), ['wallbox "CP2"']),
        ("", ("CP1",), ['wallbox "CP2"']),
        (OWN, ("CP2",), []),
        ("", ("CP1", "CP2"), []),
    ],
)
def test_s1_a_key_of_ours_is_as_good_as_a_password(
    own: str, keyed: tuple[str, ...], named: list[str]
) -> None:
    site = read_toml(without_password("CP1", "CP2") + own)
    assert [remark.path for remark in remarks(site, keyed)] == named


def test_what_counts_from_the_next_start_is_said_with_what_holds_until_then() -> None:
    begun = read_toml(SITE.format(**{**SOUND, "server": 'tls = "detect"'}))
    server = 'tls = "on"\ntls_minimum = "1.3"\nport = 1\nhost = "::1"\nnames = "a.example"'
    now = read_toml(SITE.format(**{**SOUND, "server": server, "password": "another-1"}))
    assert waiting_for_start(begun, begun) == ()
    waiting = {each.path: each.message for each in waiting_for_start(begun, now)}
    assert list(waiting) == [
        f"ocpp_server › {name}" for name in ("host", "port", "tls", "tls_minimum", "names")
    ]
    assert waiting["ocpp_server › tls"] == (
        'was changed: that counts when the manager starts anew; until then "detect" does'
    )


def test_r87_a_changed_file_port_counts_from_the_next_start() -> None:
    begun = read_toml("[file_relay]\nport = 1")
    now = read_toml('[file_relay]\nport = 2\nhost = "::1"\nmax_mb = 1')
    paths = [each.path for each in waiting_for_start(begun, now)]
    assert paths == ["file_relay › host", "file_relay › port"]


@pytest.mark.parametrize(
    ("policy", "relays", "said"), [("drop", True, 1), ("drop", False, 0), ("hold", True, 0)]
)
def test_r87_that_no_file_passes_where_the_wallbox_is_dropped_is_said(
    policy: str, relays: bool, said: int
) -> None:
    site = read_toml(
        f"""
        [site]
        load_management = "observe"
        [ocpp_server]
        password = "correct battery"
        [[wallbox]]
        id = "CP1"
        file_relay = {str(relays).lower()}
        [[evse]]
        id = "stall-1"
        address = "CP1"
        [[evse.gateway]]
        url = "ws://backend/"
        offline_policy = "{policy}"
        """
    )
    found = [each.path for each in remarks(site)]
    assert found == ['wallbox "CP1" › file_relay'] * said


HELD = read_toml(SITE.format(**SOUND))
DROPPED = read_toml(
    SITE.format(
        **SOUND
        | {
            "site": 'load_management = "observe"',
            "gateway": SOUND["gateway"] + '\noffline_policy = "drop"',
        }
    )
)
ALONE = read_toml(SITE.format(**SOUND | {"gateway": ""}))


@pytest.mark.parametrize(
    ("begun", "now", "until_then"),
    [
        (HELD, HELD, []),
        (HELD, ALONE, []),
        (DROPPED, DROPPED, []),
        (DROPPED, ALONE, []),
        (HELD, DROPPED, ["hold"]),
        (ALONE, DROPPED, ["hold"]),
        (DROPPED, HELD, ["drop"]),
        (Site(), DROPPED, ["hold"]),
    ],
)
def test_that_dropping_begins_and_ends_with_the_manager_is_said(
    begun: Site, now: Site, until_then: list[str]
) -> None:
    waiting = waiting_for_start(begun, now)
    assert [each.path for each in waiting] == [
        'evse "stall-1" › gateway 1 › offline_policy' for _ in until_then
    ]
    assert [each.message.split('"')[1] for each in waiting] == until_then
