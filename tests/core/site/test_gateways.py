"""Changing the backends of one EVSE of a site."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattgate.core.errors import ConfigError
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.gateways import (
    AddGateway,
    ChangeGateway,
    GatewayChange,
    RemoveGateway,
    ReplaceGateways,
    with_gateways,
)
from wattgate.core.site.model import (
    EvseSettings,
    GatewayRole,
    GatewaySettings,
    Site,
    SiteSettings,
)
from wattgate.core.site.reading import read_mapping
from wattgate.core.site.writing import to_mapping

BILLING = GatewaySettings(url="ws://billing/", client_id="DE1", password="secret")
REPORT = GatewaySettings(url="ws://report/", role=GatewayRole.REPORT)
HOUSE = SiteSettings(max_current_a=63.0, house_load_a=20.0)


def site(*gateways: GatewaySettings, beside: tuple[GatewaySettings, ...] = ()) -> Site:
    """Two connectors of one wallbox: `a` with these backends, `b` with those `beside`."""
    a = EvseSettings(id="a", address="CP1", gateways=gateways)
    b = EvseSettings(id="b", address="CP1", connector=2, gateways=beside)
    return Site(site=HOUSE, evses=(a, b))


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        (site(), AddGateway({"url": "ws://report/", "role": "report"}), site(REPORT)),
        (
            site(BILLING),
            AddGateway({"url": "ws://report/", "role": "report"}),
            site(BILLING, REPORT),
        ),
        (site(BILLING, REPORT), RemoveGateway(1), site(REPORT)),
        (site(BILLING, REPORT), RemoveGateway(2), site(BILLING)),
        (
            site(BILLING, REPORT),
            ChangeGateway(2, {"commands": ["Reset"], "password": "new"}),
            site(BILLING, replace(REPORT, commands=Rights.to("Reset"), password="new")),
        ),
        (
            site(replace(BILLING, commands=Rights.READ)),
            ChangeGateway(1, {"commands": None}),
            site(BILLING),
        ),
        (
            site(BILLING),
            ChangeGateway(1, {"password": ""}),
            site(replace(BILLING, password="")),
        ),
        (
            site(BILLING),
            ChangeGateway(1, {"url": "wss://billing/x"}),
            site(replace(BILLING, url="wss://billing/x")),
        ),
        (
            site(BILLING),
            ChangeGateway(1, {"url": "ws://other/", "password": "another"}),
            site(replace(BILLING, url="ws://other/", password="another")),
        ),
        (
            site(REPORT),
            ChangeGateway(1, {"url": "ws://other/"}),
            site(replace(REPORT, url="ws://other/")),
        ),
        (
            site(BILLING, REPORT),
            ReplaceGateways([{"url": "ws://report/", "role": "primary"}]),
            site(replace(REPORT, role=GatewayRole.PRIMARY)),
        ),
        (
            site(BILLING, REPORT),
            ReplaceGateways(
                [
                    {"url": "ws://report/", "role": "primary"},
                    {"url": "ws://billing/", "role": "report"},
                ]
            ),
            site(
                replace(REPORT, role=GatewayRole.PRIMARY),
                replace(BILLING, role=GatewayRole.REPORT),
            ),
        ),
        (site(BILLING), ReplaceGateways([]), site()),
        (
            site(BILLING),
            ReplaceGateways([{"url": "ws://other/", "client_id": "DE1"}]),
            site(replace(BILLING, url="ws://other/", password="")),
        ),
    ],
    ids=[
        "the first one",
        "one more",
        "the first goes",
        "the second goes",
        "settings of one",
        "rights as goes with the role",
        "no password any more",
        "another way to the same host",
        "another host with a password for it",
        "another host without a password",
        "a list in place of another keeps what is not said",
        "roles change places",
        "none",
        "a password does not go to another host",
    ],
)
def test_p20_the_backends_of_one_evse_are_changed_and_nothing_else(
    before: Site, change: GatewayChange, after: Site
) -> None:
    assert with_gateways(before, "a", change) == after


def problems(before: Site, change: GatewayChange) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        with_gateways(before, "a", change)
    return {each.path: each.message for each in caught.value.problems}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (RemoveGateway(0), 'evse "a" › gateway 0', "is not there; there are 2"),
        (RemoveGateway(3), 'evse "a" › gateway 3', "is not there"),
        (ChangeGateway(3, {}), 'evse "a" › gateway 3', "is not there"),
        (ChangeGateway(2, {"role": "primary"}), 'evse "a" › gateway 2 › role', "already"),
        (ChangeGateway(2, {"colour": 1}), 'evse "a" › gateway 2 › colour', "is unknown"),
        (ChangeGateway(1, {"url": "x"}), 'evse "a" › gateway 1 › url', "must begin with ws://"),
        (ChangeGateway(1, {"url": 5}), 'evse "a" › gateway 1 › url', "must be a text"),
        (
            ChangeGateway(1, {"url": "wss://elsewhere/"}),
            'evse "a" › gateway 1 › password',
            "must be said where url names another host",
        ),
        (AddGateway({"role": "report"}), 'evse "a" › gateway 3 › url', "is required"),
        (
            AddGateway({"url": "ws://report", "role": "report", "certificates": "x"}),
            'evse "a" › gateway 3 › client_id',
            "gateway 2 of this EVSE has the same url",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_path_and_changes_nothing(
    change: GatewayChange, path: str, words: str
) -> None:
    found = problems(site(BILLING, REPORT), change)
    assert list(found) == [path]
    assert words in found[path]
    assert "secret" not in found[path]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (ChangeGateway(1, {"password": "new"}), replace(BILLING, password="new")),
        (ChangeGateway(1, {"url": "wss://billing/"}), replace(BILLING, url="wss://billing/")),
        (
            ReplaceGateways([{"url": "ws://billing/", "commands": "read"}]),
            replace(BILLING, commands=Rights.READ),
        ),
    ],
)
def test_a_login_that_evses_share_is_changed_for_all_of_them(
    change: GatewayChange, after: GatewaySettings
) -> None:
    """P5."""
    both = site(BILLING, beside=(REPORT, BILLING))
    assert with_gateways(both, "a", change) == site(after, beside=(REPORT, after))


def test_one_evse_leaves_a_shared_login_for_another_alone() -> None:
    both = site(BILLING, beside=(BILLING,))
    moved = replace(BILLING, client_id="DE2")
    assert with_gateways(both, "a", ChangeGateway(1, {"client_id": "DE2"})) == site(
        moved, beside=(BILLING,)
    )
    assert with_gateways(both, "a", RemoveGateway(1)) == site(beside=(BILLING,))
    elsewhere = {"url": "ws://other/", "password": "another"}
    moved = replace(BILLING, url="ws://other/", password="another")
    assert with_gateways(both, "a", ChangeGateway(1, elsewhere)) == site(moved, beside=(BILLING,))


def test_each_evse_of_a_shared_login_may_spell_its_identity_in_its_own_way() -> None:
    """R26: only until somebody changes it, since then both must be spelled alike."""
    found = problems(
        site(REPORT, beside=(REPORT,)), ChangeGateway(1, {"client_id": "CP1", "password": "new"})
    )
    assert list(found) == ['evse "b" › gateway 1 › client_id']


@pytest.mark.parametrize(
    "change",
    [
        AddGateway({"url": "ws://billing/", "client_id": "DE1"}),
        ReplaceGateways([{"url": "ws://billing/", "client_id": "DE1"}]),
    ],
)
def test_whoever_joins_the_login_of_another_evse_has_its_settings(change: GatewayChange) -> None:
    """P5: also its password, which nobody can read."""
    before = site(beside=(REPORT, BILLING))
    assert with_gateways(before, "a", change) == site(BILLING, beside=(REPORT, BILLING))


def test_whoever_joins_a_login_does_not_change_it() -> None:
    change = AddGateway({"url": "ws://billing/", "client_id": "DE1", "password": "another"})
    found = problems(site(beside=(BILLING,)), change)
    assert list(found) == ['evse "b" › gateway 1 › password']


def test_nobody_joins_a_login_of_another_wallbox() -> None:
    stranger = EvseSettings(id="c", address="CP2", gateways=(BILLING,))
    before = replace(site(), evses=(*site().evses, stranger))
    found = problems(before, AddGateway({"url": "ws://billing/", "client_id": "DE1"}))
    assert list(found) == ['evse "c" › gateway 1 › client_id']


SECURE = replace(BILLING, url="wss://billing/")
SECURE_REPORT = replace(REPORT, url="wss://report/")
TO_REPORT = {"role": "report"}


@pytest.mark.parametrize(
    ("before", "change", "used"),
    [
        (SECURE, TO_REPORT, "a"),
        (SECURE_REPORT, {"role": "primary"}, "a-report"),
        (SECURE, {"role": "primary"}, ""),
        (SECURE, {"password": "new"}, ""),
        (SECURE, {**TO_REPORT, "certificates": "mine"}, "mine"),
        (replace(SECURE, certificates="ours"), TO_REPORT, "ours"),
        (BILLING, TO_REPORT, ""),
        (SECURE, {**TO_REPORT, "url": "wss://other/", "password": ""}, ""),
        (SECURE, {**TO_REPORT, "url": "wss://billing:8443/"}, ""),
    ],
    ids=[
        "to report",
        "to primary",
        "same role",
        "something else",
        "named now",
        "named before",
        "not encrypted",
        "another host",
        "another port",
    ],
)
def test_a_backend_that_gets_another_role_keeps_its_certificates_p22(
    before: GatewaySettings, change: dict[str, object], used: str
) -> None:
    changed = with_gateways(site(before), "a", ChangeGateway(1, change))
    assert changed.evses[0].gateways[0].certificates == used


def test_certificates_of_a_shared_login_stay_those_of_its_first_connector_p22() -> None:
    changed = with_gateways(site(SECURE, beside=(SECURE,)), "b", ChangeGateway(1, TO_REPORT))
    assert {each.gateways[0].certificates for each in changed.evses} == {"a"}


TOLD = {
    "url": st.sampled_from(["ws://billing/", "wss://billing", "ws://report/", "x", 5]),
    "client_id": st.sampled_from(["", "CP1", "DE1", ".", None]),
    "password": st.sampled_from(["", "secret", "other", 7]),
    "role": st.sampled_from(["primary", "report", "boss"]),
    "commands": st.sampled_from([None, "read", ["Reset"], ["Rest"], []]),
    "offline_policy": st.sampled_from(["hold", "drop"]),
    "colour": st.just("red"),
}
described = st.fixed_dictionaries({}, optional=TOLD)
numbers = st.integers(0, 3)
changes: st.SearchStrategy[GatewayChange] = st.one_of(
    st.builds(ReplaceGateways, st.lists(described, max_size=3)),
    st.builds(AddGateway, described),
    st.builds(ChangeGateway, numbers, described),
    st.builds(RemoveGateway, numbers),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), changes), max_size=6))
def test_whatever_is_asked_for_leaves_a_site_that_can_be_run(
    asked: list[tuple[str, GatewayChange]],
) -> None:
    """Each change is done or refused as a whole, and touches nothing but backends."""
    now = site(BILLING, REPORT, beside=(BILLING,))
    for evse_id, change in asked:
        try:
            now = with_gateways(now, evse_id, change)
        except ConfigError as refused:
            assert refused.problems
        assert read_mapping(to_mapping(now, secrets=True)) == now
        without = tuple(replace(each, gateways=()) for each in now.evses)
        assert replace(now, evses=without) == site()
