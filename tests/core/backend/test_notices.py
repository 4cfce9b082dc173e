from typing import get_args

from wattgate.core.backend.events import Event
from wattgate.core.backend.notices import Notice


def test_every_notice_is_an_event() -> None:
    assert set(get_args(Notice)) < set(get_args(Event))
