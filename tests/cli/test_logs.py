"""What reaches the log of a command, and how."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from wattgate.cli.logs import log_to_stderr


@pytest.fixture(autouse=True)
def _no_traces() -> Iterator[None]:
    handlers = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()


def test_a_librarys_warning_is_a_line_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(as_json=True)
    logging.getLogger("some.library").warning("odd: %s", 7)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["library"]) == ("odd: 7", "warning", "some.library")


def test_a_librarys_traceback_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(as_json=True)
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("wattgate.picows").exception("handler failed")
    assert "ValueError: broken" in json.loads(capsys.readouterr().err)["exception"]


def test_broken_frames_are_told_by_the_end_of_their_link_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr(as_json=True)
    logging.getLogger("wattgate.picows.7").error("WS parser error")
    assert capsys.readouterr().err == ""
