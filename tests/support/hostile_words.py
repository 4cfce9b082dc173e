"""What a backend may say that no backend should: for hypothesis."""

import json
from typing import Any, Final

from hypothesis import strategies as st

_NUMBERS: Final = (
    *("1.5", "-1", "0", "-7", "2147483648", "9223372036854775808", "1e3", "1e400", "-1e400"),
    *('"7"', "true", "null", "[]", "{}", "1", "1", "2"),
)
"""For a transactionId: floats, text, negative, huge, and the same again and again."""

_TEXTS: Final = (
    *("null", "7", '"x"', "[]", "[[[[[[[[]]]]]]]]", '{"":{"":{}}}', "true", "{}"),
    '{"transactionId":1,"transactionId":2,"idTagInfo":{"status":"Accepted"}}',
    '{"idTagInfo":{"status":"Accepted","expiryDate":7,"parentIdTag":[]},"transactionId":5}',
    '{"idTagInfo":"Accepted","transactionId":6}',
    '{"status":"Accepted","interval":-5,"currentTime":"yesterday"}',
    '{"status":"Pending","interval":1e9,"currentTime":null}',
    '{"status":"Accepted","interval":"often","currentTime":"2026-05-15T12:00:00Z"}',
)

_junk: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)

_MEMBERS: Final = (
    *("status", "currentTime", "interval", "idTagInfo", "data", "connectorId", "key", "value"),
    *("idTag", "type", "requestedMessage", "csChargingProfiles", "chargingProfile", "listVersion"),
    *("localAuthorizationList", "updateType", "duration", "id", "vendorId", "location"),
)


def _an_object(members: dict[str, Any], number: str) -> str:
    rest = ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members.items())
    return f'{{"transactionId":{number}{"," if rest else ""}{rest}}}'


_plausible: Final = st.sampled_from(
    ("Accepted", "Rejected", "Blocked", "Pending", "ConcurrentTx", {"status": "Accepted"}, 1, 0)
)

payloads: Final[st.SearchStrategy[str]] = (
    st.sampled_from(_TEXTS)
    | _junk.map(json.dumps)
    | st.builds(
        _an_object,
        st.dictionaries(st.sampled_from(_MEMBERS), _junk | _plausible, max_size=6),
        st.sampled_from(_NUMBERS),
    )
)
"""The payload of an answer or of a command, as text."""
