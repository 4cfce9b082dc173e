"""Both ends of a relayed connection may say anything: it passes, and nothing of ours breaks."""

import json
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.support.frames import settled
from tests.support.relayed import a_relayed_site
from tests.support.virtual_time import run_virtual
from tests.support.world import Json

BUGS: Final = {"handler failed", "answer not handled", "task failed"}
ACTIONS: Final = st.sampled_from(
    [
        *("BootNotification", "Heartbeat", "StatusNotification", "MeterValues", "Authorize"),
        *("StartTransaction", "StopTransaction", "DataTransfer", "X", "ChangeConfiguration"),
    ]
)
VALUES: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
LIKELY: Final = st.fixed_dictionaries(
    {},
    optional={
        "connectorId": st.sampled_from([0, 1, 2, "1", None, -1, 1e30]),
        "transactionId": st.sampled_from([9001, 1, -1, 0, 2**31, 1e30, "9001", None]),
        "idTag": st.sampled_from(["A", "", None, 7]),
        "meterStart": st.sampled_from([0, -5, 1.5, "7", 1e300]),
        "meterStop": st.sampled_from([0, -5, 1.5, "7", 1e300]),
        "timestamp": st.sampled_from(["2026-05-15T12:00:00Z", "soon", "", None, 7]),
        "status": st.sampled_from(["Accepted", "Charging", "Pending", "", None]),
        "errorCode": VALUES,
        "meterValue": VALUES,
        "idTagInfo": VALUES | st.just({"status": "Accepted"}),
        "interval": st.sampled_from([0, -1, 1e30, "x", None, 60]),
        "currentTime": VALUES,
    },
)


@settings(max_examples=20)
@given(st.lists(st.tuples(ACTIONS, LIKELY, LIKELY), max_size=8))
def test_whatever_either_end_says_passes_to_the_letter_and_breaks_nothing_r13(
    exchanges: list[tuple[str, Json, Json]],
) -> None:
    async def scenario() -> None:
        site = await a_relayed_site()
        for action, asked, answered in exchanges:
            for near, far in ((site.wallbox, site.backend), (site.backend, site.wallbox)):
                if near is site.backend and action == "ChangeConfiguration":
                    continue  # that may end here
                text, answer = json.dumps(asked), json.dumps(answered)
                far.answers[action] = lambda _, answer=answer: answer  # type: ignore[misc]
                frame = await near.ask(action, text)
                assert frame[0] == 3
                assert near.texts[-1].endswith(f",{answer}]")
                assert far.payload_texts(action)[-1] == text
        await settled()
        assert site.wallbox.closed_with is None
        assert site.backend.closed_with is None
        await site.world.kill()

    with capture_logs() as logs:
        run_virtual(scenario())
    assert [entry for entry in logs if entry["event"] in BUGS] == []
