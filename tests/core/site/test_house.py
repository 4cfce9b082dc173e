import pytest

from wattgate.core.site.house import OcppServerSettings, SiteSettings


@pytest.mark.parametrize(
    ("max_current_a", "house_load_a", "reserve_a", "left_a"),
    [
        (63.0, 20.0, 2.0, 41.0),
        (63.0, None, 0.0, 63.0),
        (16.0, 20.0, 0.0, 0.0),
        (0.0, None, 0.0, 0.0),
    ],
)
def test_what_is_left_for_charging_is_never_negative(
    max_current_a: float, house_load_a: float | None, reserve_a: float, left_a: float
) -> None:
    settings = SiteSettings(
        max_current_a=max_current_a, house_load_a=house_load_a, reserve_a=reserve_a
    )
    assert settings.for_charging_a == left_a


def test_p7_the_server_listens_on_19520_unless_told_otherwise() -> None:
    assert OcppServerSettings().port == 19520


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(OcppServerSettings(password="geheim"))
