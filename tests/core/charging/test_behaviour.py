import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.charging.behaviour import Behaviour, Proof, read_behaviour
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit

TWO = Method(Strategy.TWO_PERIODS)
GRANT = Method(Strategy.STANDING_AND_GRANT)
SINGLE = Method(Strategy.SINGLE_VALUE)
PROVEN = Behaviour(expiry=Proof.PROVEN, persistence=Proof.PROVEN, proved_with=TWO)

METHODS = st.builds(Method, st.sampled_from(Strategy), st.sampled_from(RateUnit)) | st.just(
    Method(Strategy.TWO_PERIODS, RateUnit.W, Kind.RELATIVE)
)
PROOFS = st.sampled_from(Proof)
BEHAVIOURS = st.builds(
    Behaviour, st.none() | METHODS, st.lists(METHODS).map(tuple), PROOFS, PROOFS, METHODS
)


@pytest.mark.parametrize(
    ("behaviour", "method", "harmless"),
    [
        (Behaviour(), TWO, False),
        (PROVEN, TWO, True),
        (PROVEN, GRANT, False),
        (Behaviour().learned_proof(TWO, expiry=Proof.PROVEN), TWO, False),
        (Behaviour().learned_proof(TWO, persistence=Proof.PROVEN), TWO, False),
        (PROVEN.learned_proof(TWO, expiry=Proof.REFUTED), TWO, False),
        (PROVEN.learned_proof(TWO, persistence=Proof.REFUTED), TWO, False),
        (PROVEN.learned_failure(TWO), TWO, False),
        (PROVEN.learned_failure(GRANT), TWO, True),
        (PROVEN.learned_obeys(GRANT), TWO, True),
        (
            Behaviour(expiry=Proof.PROVEN, persistence=Proof.PROVEN, proved_with=SINGLE),
            SINGLE,
            False,
        ),
    ],
)
def test_silence_is_harmless_only_where_both_claims_were_proven_with_the_same_method_r100a(
    behaviour: Behaviour, method: Method, harmless: bool
) -> None:
    assert behaviour.is_harmless_when_silent(method) is harmless


def test_two_halves_of_a_proof_make_a_whole() -> None:
    expiry = Behaviour().learned_proof(TWO, expiry=Proof.PROVEN)
    assert expiry.learned_proof(TWO, persistence=Proof.PROVEN) == PROVEN


def test_halves_of_two_methods_do_not() -> None:
    mixed = PROVEN.learned_proof(GRANT, persistence=Proof.PROVEN)
    assert (mixed.expiry, mixed.proved_with) == (Proof.UNPROVEN, GRANT)
    assert not mixed.is_harmless_when_silent(GRANT)
    assert not mixed.is_harmless_when_silent(TWO)


def test_a_method_is_either_obeyed_or_failed() -> None:
    failed = Behaviour().learned_obeys(TWO).learned_failure(TWO).learned_failure(TWO)
    assert (failed.obeyed, failed.failed) == (None, (TWO,))
    obeyed = failed.learned_failure(GRANT).learned_obeys(TWO)
    assert (obeyed.obeyed, obeyed.failed) == (TWO, (GRANT,))
    assert obeyed.learned_failure(GRANT).obeyed == TWO


@given(BEHAVIOURS)
def test_what_is_stored_comes_back(behaviour: Behaviour) -> None:
    assert read_behaviour(behaviour.to_text()) == behaviour


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour().learned_failure(SINGLE)])
def test_what_holds_without_a_proof_comes_back_too(behaviour: Behaviour) -> None:
    assert read_behaviour(behaviour.to_text()) == behaviour


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"expiry":"surely"}',
        '{"failed":7}',
        '{"expiry":"proven","persistence":"proven"}',
        '{"expiry":"proven","persistence":"proven","proved_with":"by magic"}',
        '{"obeyed":"by magic","failed":["nonsense"]}',
    ],
)
def test_nonsense_is_nothing_measured(text: str) -> None:
    assert read_behaviour(text) == Behaviour()
