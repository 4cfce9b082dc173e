from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.choices import LoadManagement
from wattgate.core.site.settings import Kind, Secrecy, Setting, SettingField
from wattgate.core.site.values import Wrong, read_value, shown

FREE = Setting("Anything")
CURRENT = Setting("A current", unit="A per phase", at_least=6, at_most=32)
NAME = Setting("A name", at_most=5)


def a(kind: Kind, about: Setting = FREE, *, optional: bool = False) -> SettingField:
    return SettingField("name", about, kind, optional, False, None)


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        (a(str), "", ""),
        (a(str, NAME), "Köln5", "Köln5"),
        (a(bool), False, False),
        (a(int), 0, 0),
        (a(int, CURRENT), 32, 32),
        (a(float), 0, 0.0),
        (a(float, CURRENT), 6, 6.0),
        (a(float, CURRENT), 16.5, 16.5),
        (a(float, CURRENT, optional=True), None, None),
        (a(LoadManagement), "observe", LoadManagement.OBSERVE),
        (a(Rights), "all", Rights.ALL),
        (a(Rights), "read", Rights.READ),
        (a(Rights), "none", Rights.NONE),
        (a(Rights), [], Rights.NONE),
        (a(Rights), ("Reset", "ClearCache"), Rights.to("ClearCache", "Reset")),
        (a(Rights, optional=True), None, None),
    ],
)
def test_a_good_value_is_read_as_its_kind(field: SettingField, value: object, read: object) -> None:
    found = read_value(field, value)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (a(str), 5, "must be a text in quotes, not 5"),
        (a(str), None, "must be a text in quotes, not nothing"),
        (a(str, NAME), "longer", "must have at most 5 characters, not 6"),
        (a(str), "a\x00b", "must not contain control characters"),
        (a(str), "\ud800", "must not contain control characters"),
        (a(bool), 1, "must be true or false, not 1"),
        (a(bool), "true", 'must be true or false, not the text "true"'),
        (a(int), True, "must be a whole number, not true"),
        (a(int), 1.0, "must be a whole number, not 1.0"),
        (a(int, CURRENT), 5, "must be at least 6 A per phase, not 5"),
        (a(float), True, "must be a number, not true"),
        (a(float), "16", 'must be a number, not the text "16"'),
        (a(float), [1], "must be a number, not a list"),
        (a(float), float("nan"), "must be a finite number, not nan"),
        (a(float), float("-inf"), "must be a finite number, not -inf"),
        (a(float, CURRENT), 5.99, "must be at least 6 A per phase, not 5.99"),
        (a(float, CURRENT), 33, "must be at most 32 A per phase, not 33"),
        pytest.param(
            a(float, CURRENT),
            16**5000,
            "must be at most 32 A per phase, not a huge number",
            id="more digits than Python prints",
        ),
        (a(LoadManagement), 1, "must be one of active, observe, not 1"),
        (
            a(LoadManagement),
            "Active",
            'must be one of active, observe, not the text "Active"; did you mean "active"?',
        ),
        (a(LoadManagement), "xyz", 'must be one of active, observe, not the text "xyz"'),
        (a(Rights), None, "must be all, read, none, or a list of commands, not nothing"),
        (
            a(Rights),
            "Reset",
            'must be all, read, none, or a list of commands, not the text "Reset"',
        ),
        (
            a(Rights),
            ["ClearCache", "Rest", 5],
            'must list commands of a backend; the text "Rest" is none; did you mean "Reset"?',
        ),
        (a(Rights), ["xyz"], 'must list commands of a backend; the text "xyz" is none'),
        (a(Rights), [["Reset"]], "must list commands of a backend; a list is none"),
        (
            a(Rights),
            ["StartTransaction"],
            'must list commands of a backend; the text "StartTransaction" is none; did you mean '
            '"RemoteStartTransaction"?',
        ),
    ],
)
def test_a_bad_value_is_refused_with_words(
    field: SettingField, value: object, message: str
) -> None:
    assert read_value(field, value) == Wrong(message)


def test_what_is_required_must_not_be_empty() -> None:
    field = SettingField("id", FREE, str, False, True, None)
    assert read_value(field, "") == Wrong("must not be empty")


@pytest.mark.parametrize("secrecy", [Secrecy.HIDDEN, Secrecy.HASHED])
def test_a_secret_is_not_repeated_in_a_message(secrecy: Secrecy) -> None:
    field = a(str, Setting("A password", secrecy=secrecy))
    assert read_value(field, 12345) == Wrong("must be a text in quotes")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (False, "false"),
        ("x" * 41, 'the text "' + "x" * 40 + '…"'),
        ({}, "a table"),
        ((), "a list"),
        (-(10**18), "a huge number"),
        (1.5, "1.5"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_a_value_is_quoted_in_short(value: object, words: str) -> None:
    assert shown(value) == words


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


ANY = [a(str, NAME), a(bool), a(int), a(float, CURRENT), a(LoadManagement), a(Rights)]


@settings(deadline=None)
@given(st.sampled_from(ANY), values)
def test_any_value_is_read_or_refused(field: SettingField, value: object) -> None:
    found = read_value(field, value)
    assert isinstance(found, Wrong | field.kind)


KEPT = f"$wg1$01234567${'0' * 64}$"


@pytest.mark.parametrize(
    ("secrecy", "value", "is_taken"),
    [
        (Secrecy.HASHED, KEPT, True),
        (Secrecy.HASHED, KEPT + "0" * 64, True),
        (Secrecy.HASHED, KEPT + "0", False),
        (Secrecy.HASHED, "$wg1$", False),
        (Secrecy.HASHED, "$wg2$", True),
        (Secrecy.HIDDEN, "$wg1$", True),
        (Secrecy.OPEN, "$wg1$", True),
    ],
)
def test_no_password_of_a_wallbox_looks_like_one_that_is_kept_already(
    secrecy: Secrecy, value: str, is_taken: bool
) -> None:
    read = read_value(a(str, Setting("A password", at_most=255, secrecy=secrecy)), value)
    if is_taken:
        assert read == value
    else:
        assert isinstance(read, Wrong)
        assert read.message.startswith('must not begin with "$wg1$"')
