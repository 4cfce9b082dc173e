import pytest

from wattgate.core.security.scopes import Scope

R, O, A = Scope  # noqa: E741 - short, so that the rows are a table


@pytest.mark.parametrize(
    ("has", "needed", "is_enough"),
    [
        (R, R, True), (R, O, False), (R, A, False),
        (O, R, True), (O, O, True), (O, A, False),
        (A, R, True), (A, O, True), (A, A, True),
    ],
)  # fmt: skip
def test_each_scope_covers_those_before_it(has: Scope, needed: Scope, is_enough: bool) -> None:
    assert has.covers(needed) is is_enough
