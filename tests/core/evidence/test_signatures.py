"""The values of signature checks."""

from wattgate.core.evidence.ocmf import ALGORITHMS
from wattgate.core.evidence.signatures import Curve


def test_every_curve_has_a_name_in_ocmf() -> None:
    assert set(ALGORITHMS.values()) == set(Curve)
