import dataclasses
from typing import get_args

import pytest

from wattgate.core.wallbox.effects import Effect


@pytest.mark.parametrize("kind", get_args(Effect))
def test_every_effect_is_a_value_that_nobody_changes(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined] # - every dataclass has it
