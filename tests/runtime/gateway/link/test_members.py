"""Whose wallboxes stand behind one login."""

from wattgate.runtime.gateway.link.members import Members


def test_p16_the_wallbox_with_the_lowest_number_that_has_booted_speaks_for_all() -> None:
    members = Members()
    said: list[object] = [members.boot_text, members.speaks(2)]
    for number, text in ((2, "second"), (1, "first"), (2, "again")):
        members.booted(number, text)
        said += [members.boot_text, members.speaks(2)]
    assert said == [None, True, "second", True, "first", False, "first", False]
    assert members.speaks(1)


def test_r50_somebody_is_here_until_the_last_has_left() -> None:
    members = Members()
    here: list[bool] = []
    for step in (members.left, members.came):
        step(1)
        here.append(members.anyone_here)
    members.came(2)
    members.came(2)
    for number in (2, 1):
        members.left(number)
        here.append(members.anyone_here)
    assert here == [False, True, True, False]


def test_who_is_retiring_speaks_only_where_nobody_else_is_left() -> None:
    members = Members()
    members.booted(1, "first")
    members.booted(2, "second")
    members.retires(1)
    assert (members.boot_text, members.are_retiring) == ("second", False)
    assert (members.speaks(1), members.speaks(2)) == (False, True)
    members.retires(2)
    assert (members.boot_text, members.are_retiring) == ("first", True)
    assert not members.speaks(1)
    assert members.speaks(3)
    members.returns(1)
    assert (members.boot_text, members.speaks(1)) == ("first", True)


def test_who_has_left_is_neither_here_nor_speaks() -> None:
    members = Members()
    for number in (1, 2):
        members.booted(number, str(number))
        members.came(number)
    members.retires(1)
    members.leaves(1)
    assert (members.boot_text, members.anyone_here) == ("2", True)
    members.leaves(2)
    assert (members.boot_text, members.anyone_here) == (None, False)
    members.booted(1, "again")
    assert members.speaks(1)
