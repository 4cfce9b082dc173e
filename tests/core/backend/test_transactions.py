from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.backend.transactions import Ledger, Oddity, Stop, Transaction

AT = "2026-01-01T10:00:00Z"
STOP = Stop(1500, "2026-01-01T11:00:00Z", "Local")


def test_ids_count_up_from_the_first_one() -> None:
    ledger = Ledger(next_id=5000)
    first, _ = ledger.start("CP1", 1, "A", 0, AT)
    second, _ = ledger.start("CP2", 1, "A", 0, AT)
    assert (first.transaction_id, second.transaction_id, ledger.next_id) == (5000, 5001, 5002)


def test_a_repeated_start_gets_the_same_id_r67() -> None:
    ledger = Ledger(next_id=1)
    assert ledger.start("CP1", 1, "A", 0, AT) == (Transaction(1, "CP1", 1, "A", 0, AT), False)
    assert ledger.start("CP1", 1, "A", 0, AT) == (Transaction(1, "CP1", 1, "A", 0, AT), True)
    assert len(ledger.transactions) == 1


def test_a_backend_that_trusts_the_wire_sees_two_transactions() -> None:
    ledger = Ledger(next_id=1, dedupe=False)
    ledger.start("CP1", 1, "A", 0, AT)
    assert ledger.start("CP1", 1, "A", 0, AT) == (Transaction(2, "CP1", 1, "A", 0, AT), False)


def test_a_stop_closes_the_transaction_once() -> None:
    ledger = Ledger(next_id=1)
    ledger.start("CP1", 1, "A", 0, AT)
    assert ledger.open_of("CP1") == (1,)
    assert ledger.open_of("CP2") == ()
    assert ledger.stop("CP1", 1, STOP) == "closed"
    assert ledger.open_of("CP1") == ()
    assert ledger.stop("CP1", 1, STOP) == "repeated"
    assert ledger.stop("CP1", 1, Stop(1501, STOP.stopped_at, "Local")) is Oddity.STOPPED_AGAIN
    assert ledger.transactions[0].stop == STOP


def test_without_deduplication_a_second_stop_is_odd() -> None:
    ledger = Ledger(next_id=1, dedupe=False)
    ledger.start("CP1", 1, "A", 0, AT)
    ledger.stop("CP1", 1, STOP)
    assert ledger.stop("CP1", 1, STOP) is Oddity.STOPPED_AGAIN


def test_a_transaction_belongs_to_its_charge_point_r69() -> None:
    ledger = Ledger(next_id=1)
    ledger.start("CP1", 1, "A", 0, AT)
    assert ledger.stop("CP2", 1, STOP) is Oddity.FOREIGN
    assert ledger.meter("CP2", 1) is Oddity.FOREIGN
    assert ledger.open_of("CP1") == (1,)


def test_unknown_and_undelivered_ids_are_told_apart_r64() -> None:
    ledger = Ledger(next_id=1)
    assert ledger.stop("CP1", 7, STOP) is Oddity.UNKNOWN
    assert ledger.stop("CP1", -1, STOP) is Oddity.UNDELIVERED
    assert ledger.meter("CP1", 7) is Oddity.UNKNOWN
    assert ledger.meter("CP1", -1) is Oddity.UNDELIVERED


def test_meter_values_fit_an_open_transaction_only() -> None:
    ledger = Ledger(next_id=1)
    ledger.start("CP1", 1, "A", 0, AT)
    assert ledger.meter("CP1", 1) is None
    ledger.stop("CP1", 1, STOP)
    assert ledger.meter("CP1", 1) is Oddity.METERED_AFTER_STOP


starts = st.lists(
    st.tuples(
        st.sampled_from(["CP1", "CP2"]),
        st.integers(1, 2),
        st.sampled_from(["A", "B"]),
        st.integers(0, 2),
        st.just(AT),
    )
)


@given(starts, starts)
def test_a_restarted_ledger_goes_on_like_one_that_never_stopped(
    before: list[tuple[str, int, str, int, str]], after: list[tuple[str, int, str, int, str]]
) -> None:
    ledger = Ledger(next_id=1)
    for start in before:
        ledger.start(*start)
    restarted = Ledger(next_id=1, transactions=ledger.transactions)
    for start in after:
        assert restarted.start(*start) == ledger.start(*start)
    assert restarted.transactions == ledger.transactions


@given(starts)
def test_one_start_one_transaction_whatever_is_repeated_r67(
    repeated: list[tuple[str, int, str, int, str]],
) -> None:
    ledger = Ledger(next_id=1)
    ids = {start: ledger.start(*start)[0].transaction_id for start in repeated}
    assert len(ledger.transactions) == len(set(repeated)) == len(set(ids.values()))
