"""What EVSEs may draw without a manager must fit beside the house."""

from dataclasses import replace

import pytest

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.site.fallbacks import fallback, report_fallbacks
from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.merging import patched
from wattgate.core.site.model import (
    EvseSettings,
    LoadManagement,
    OnDeactivation,
    PhaseRotation,
    Site,
    SiteSettings,
    WallboxSettings,
)

HOUSE = SiteSettings(max_current_a=35.0, house_load_a=20.0)
A = EvseSettings(id="a", address="CP1", fallback_current_a=6.0)
B = EvseSettings(id="b", address="CP1", connector=2, fallback_current_a=6.0)
C = EvseSettings(id="c", address="CP2", fallback_current_a=16.0)
FED = WallboxSettings(id="CP1", max_current_a=20.0)
RST, STR = PhaseRotation.RST, PhaseRotation.STR

MINIMUM = replace(HOUSE, on_deactivation=OnDeactivation.MINIMUM)
RELEASE = replace(HOUSE, on_deactivation=OnDeactivation.RELEASE)


def off(evse: EvseSettings) -> EvseSettings:
    return replace(evse, enabled=False)


def on(evse: EvseSettings, rotation: PhaseRotation, phases: int = 1) -> EvseSettings:
    return replace(evse, phases=phases, phase_rotation=rotation)


def problems(site: Site, *doubted: Path) -> list[Problem]:
    findings = Findings()
    for path in doubted:
        findings.doubt(path)
    report_fallbacks(site, findings)
    return list(findings.problems)


@pytest.mark.parametrize(
    ("evse", "house", "wallboxes", "current_a", "at"),
    [
        pytest.param(A, HOUSE, (), 6.0, 'evse "a"', id="enabled"),
        pytest.param(A, RELEASE, (), 6.0, 'evse "a"', id="enabled on a site that releases"),
        pytest.param(off(A), HOUSE, (), 0.0, "site", id="stopped"),
        pytest.param(off(A), MINIMUM, (), 6.0, "site", id="at its minimum"),
        pytest.param(off(A), RELEASE, (), 16.0, "site", id="released"),
        pytest.param(off(A), RELEASE, (FED,), 16.0, "site", id="released on a strong feeder"),
        pytest.param(
            off(A),
            RELEASE,
            (replace(FED, max_current_a=10.0),),
            10.0,
            "site",
            id="released on a weak feeder",
        ),
    ],
)
def test_p15_what_an_evse_may_draw_without_a_manager(
    evse: EvseSettings,
    house: SiteSettings,
    wallboxes: tuple[WallboxSettings, ...],
    current_a: float,
    at: str,
) -> None:
    found = fallback(evse, Site(site=house, wallboxes=wallboxes, evses=(evse,)))
    assert (found.current_a, found.at[0]) == (current_a, at)


@pytest.mark.parametrize(
    "site",
    [
        pytest.param(Site(), id="nothing was said yet"),
        pytest.param(Site(site=HOUSE, evses=(A, B)), id="all fit"),
        pytest.param(
            Site(
                site=replace(HOUSE, house_load_a=19.0),
                evses=(
                    on(A, PhaseRotation.RST),
                    on(B, PhaseRotation.RST),
                    on(C, PhaseRotation.STR),
                ),
            ),
            id="each on its own phase",
        ),
        pytest.param(
            Site(site=replace(HOUSE, load_management=LoadManagement.OBSERVE), evses=(A, B, C)),
            id="observing",
        ),
        pytest.param(Site(site=HOUSE, evses=(A, B, off(C))), id="deactivated ones stop"),
        pytest.param(
            Site(
                site=replace(MINIMUM, house_load_a=30.0),
                evses=(replace(C, id="new", fallback_current_a=0), off(C)),
            ),
            id="its connector belongs to another one now",
        ),
        pytest.param(
            Site(site=replace(HOUSE, house_load_a=40.0), evses=(off(A),)),
            id="the house alone is over",
        ),
        pytest.param(Site(site=HOUSE, wallboxes=(FED,), evses=(A, B)), id="the feeder carries it"),
    ],
)
def test_fallbacks_that_fit_are_fine(site: Site) -> None:
    assert problems(site) == []


CONNECTION = "the house connection carries 35 A"


@pytest.mark.parametrize(
    ("site", "path", "message"),
    [
        pytest.param(
            Site(site=HOUSE, evses=(C, replace(C, id="d", address="CP3"))),
            'evse "c" > fallback_current_a',
            f"L1, L2, L3: 2 x 16 A fallback + 20 A house = 52 A, {CONNECTION}",
            id="the first is too much",
        ),
        pytest.param(
            Site(site=HOUSE, evses=(A, B, replace(A, id="d", address="CP3"))),
            'evse "d" > fallback_current_a',
            f"L1, L2, L3: 3 x 6 A fallback + 20 A house = 38 A, {CONNECTION}",
            id="the third is too much",
        ),
        pytest.param(
            Site(
                site=HOUSE,
                evses=(
                    on(A, PhaseRotation.RST, 3),
                    on(B, PhaseRotation.STR, 2),
                    on(C, PhaseRotation.STR),
                ),
            ),
            'evse "c" > fallback_current_a',
            f"L2: 2 x 6 A fallback + 1 x 16 A fallback + 20 A house = 48 A, {CONNECTION}",
            id="on one phase",
        ),
        pytest.param(
            Site(site=RELEASE, evses=(off(C),)),
            "site > on_deactivation",
            f"L1, L2, L3: 1 x 16 A released + 20 A house = 36 A, {CONNECTION}",
            id="a released one alone",
        ),
        pytest.param(
            Site(site=MINIMUM, evses=(replace(C, fallback_current_a=10.0), off(A))),
            'evse "c" > fallback_current_a',
            f"L1, L2, L3: 1 x 6 A minimum + 1 x 10 A fallback + 20 A house = 36 A, {CONNECTION}",
            id="beside a deactivated one",
        ),
        pytest.param(
            Site(
                site=replace(HOUSE, max_current_a=63.0),
                wallboxes=(FED, WallboxSettings(id="CP2")),
                evses=(replace(A, fallback_current_a=16.0), B, C),
            ),
            'evse "b" > fallback_current_a',
            "L1, L2, L3: 1 x 16 A fallback + 1 x 6 A fallback = 22 A, "
            'the feeder of wallbox "CP1" carries 20 A',
            id="on a feeder",
        ),
    ],
)
def test_fallbacks_that_do_not_fit_are_refused_with_the_figures(
    site: Site, path: str, message: str
) -> None:
    [problem] = problems(site)
    assert problem.path.replace("\u203a", ">") == path
    assert problem.message.replace("\u00d7", "x") == message


def test_binary_fractions_refuse_nothing() -> None:
    evses = tuple(replace(A, id=f"{n}", connector=n, fallback_current_a=6.1) for n in range(1, 4))
    house = replace(HOUSE, max_current_a=18.5, house_load_a=0.2)
    assert problems(Site(site=house, evses=evses)) == []


@pytest.mark.parametrize(
    "doubted",
    [
        ("site", "house_load_a"),
        ('evse "c"', "fallback_current_a"),
        ('wallbox "CP1"', "max_current_a"),
        ("evse 2", "id"),
    ],
)
def test_nothing_is_said_while_a_figure_is_wrong_by_itself(doubted: Path) -> None:
    site = Site(site=HOUSE, wallboxes=(FED,), evses=(replace(C, fallback_current_a=30.0), A))
    nameless = replace(site, evses=(site.evses[0], replace(A, id="")))
    assert problems(nameless if doubted[0] == "evse 2" else site, doubted) == []
    assert problems(site) != []


def test_a_patch_is_checked_as_a_file_is() -> None:
    site = Site(site=HOUSE, evses=(A, off(C)))
    with pytest.raises(ConfigError) as raised:
        patched(site, {"on_deactivation": "release"})
    [problem] = raised.value.problems
    assert "1 x 16 A released + 1 x 6 A fallback + 20 A house = 42 A" in problem.message.replace(
        "\u00d7", "x"
    )
