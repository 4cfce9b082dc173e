from wattgate.core.backend.manners import Manners


def test_a_backend_is_friendly_unless_told_otherwise() -> None:
    manners = Manners()
    assert manners.registration == "Accepted"
    assert manners.dedupe
    assert not manners.require_boot
