"""What does not pass although wallbox and backend talk to each other directly (R36, R37)."""

from typing import Final

from wattgate.core.gateway.config_keys import AUTHORIZATION_KEY, LINK_KEYS, folded_key
from wattgate.core.gateway.config_overlay import named_keys
from wattgate.core.gateway.link_key import is_key
from wattgate.core.gateway.policy import Decision, Rule, Sender, rule_for
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.splice import read_scalar

RELAY_WAIT_S: Final = 60.0
"""s after which nobody waits for an answer any more, where the table names no longer time (R16)."""

_NO: Final = '{"status":"Rejected"}'


def own_answer(call: Call, sender: Sender) -> str | None:
    """The answer that the gateway gives by itself; None for what passes on, known or not (R13)."""
    rule = rule_for(call.action, sender)
    if rule is not None and rule.relayed is not Decision.FORWARD:
        return rule.refusal or rule.away_answer
    return _NO if sender is Sender.BACKEND and re_keys_a_link(call) else None


def re_keys_a_link(call: Call) -> bool:
    """Whether it changes a key that belongs to one link: the backend's is not the wallbox's.

    One that names several keys may, since a wallbox might read another one than we do.
    """
    if call.action != "ChangeConfiguration":
        return False
    keys = named_keys(call.payload_text)
    return len(keys) > 1 or any(folded_key(key) in LINK_KEYS for key in keys)


def new_key(call: Call) -> str | None:
    """The AuthorizationKey that a backend gives for its own link (R37); None where it is none."""
    if call.action != "ChangeConfiguration":
        return None
    keys, value = named_keys(call.payload_text), read_scalar(call.payload_text, ("value",))
    is_ours = [folded_key(key) for key in keys] == [AUTHORIZATION_KEY.casefold()]
    return value if is_ours and isinstance(value, str) and is_key(value) else None


def wait_s(call: Call, sender: Sender) -> float:
    """For how many s the answer is waited for."""
    rule: Rule | None = rule_for(call.action, sender)
    return RELAY_WAIT_S if rule is None else max(rule.timeout_s, RELAY_WAIT_S)
