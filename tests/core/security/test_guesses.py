from wattgate.core.security.attempts import BURST, REFILL_S
from wattgate.core.security.guesses import Guesses

HOST, OTHER = "192.0.2.1", "192.0.2.2"


def after_a_flood(host: str = HOST, station_id: str = "CP1") -> Guesses:
    guesses = Guesses()
    for number in range(BURST):
        assert guesses.wrong(host, station_id, f"guess {number}", 0.0) == 0
    return guesses


def test_a_host_that_guesses_is_not_heard_for_a_while_s3() -> None:
    guesses = after_a_flood()
    assert guesses.wait_s(HOST, "CP1", 0.0) == REFILL_S
    assert guesses.wait_s(HOST, "CP2", 0.0) == REFILL_S
    assert guesses.wait_s(OTHER, "CP1", 0.0) == 0
    assert guesses.wait_s(HOST, "CP1", REFILL_S) == 0


def test_a_flood_of_guesses_at_an_id_locks_its_wallbox_out_nowhere_s3() -> None:
    guesses = Guesses()
    guesses.right(HOST, "CP1")
    for number in range(3 * BURST):
        guesses.wrong(f"198.51.100.{number}", "CP1", "guess", 0.0)
        guesses.wrong(HOST, "CP1", f"guess {number}", 0.0)
    assert guesses.wait_s(HOST, "cp1", 0.0) == 0
    assert guesses.wait_s("203.0.113.1", "CP1", 0.0) == 0
    assert guesses.wait_s(HOST, "CP2", 0.0) > 0


def test_who_guesses_at_one_id_from_many_hosts_hears_to_wait_s3() -> None:
    guesses = Guesses()
    waits = [guesses.wrong(f"192.0.2.{n}", "CP1", "guess", 0.0) for n in range(BURST + 1)]
    assert waits == [0] * BURST + [REFILL_S]
    assert guesses.wrong("192.0.2.99", "CP2", "guess", 0.0) == 0


def test_a_wallbox_that_repeats_one_wrong_password_uses_up_one_guess_only() -> None:
    guesses = Guesses()
    for _ in range(10 * BURST):
        assert guesses.wrong(HOST, "CP1", "the old password", 0.0) == 0
    assert guesses.wait_s(HOST, "CP2", 0.0) == 0


def test_the_memory_has_an_end() -> None:
    guesses = Guesses(remembered=1)
    guesses.right(HOST, "CP1")
    guesses.right(HOST, "CP2")
    for number in range(BURST):
        guesses.wrong(HOST, "CP1", f"guess {number}", 0.0)
    assert guesses.wait_s(HOST, "CP1", 0.0) > 0
    assert guesses.wait_s(HOST, "CP2", 0.0) == 0
