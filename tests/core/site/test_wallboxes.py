from wattgate.core.site.choices import RateUnitChoice, StrategyChoice
from wattgate.core.site.wallboxes import WallboxSettings


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(WallboxSettings(id="CP1", password="geheim"))


def test_r100_the_manager_chooses_how_limits_are_said_unless_told_otherwise() -> None:
    settings = WallboxSettings(id="CP1")
    assert settings.strategy is StrategyChoice.AUTO
    assert settings.rate_unit is RateUnitChoice.AUTO


def test_r89_a_reduction_may_overtake_unless_told_otherwise() -> None:
    assert WallboxSettings(id="CP1").overtaking
