import json

import pytest

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.kept_gateways import KeptGateway, kept_text, read_kept, spelled_out
from wattgate.core.site.model import EvseSettings, GatewayRole, GatewaySettings, PasswordForm

GATEWAY = GatewaySettings(
    url="wss://billing.example/key",
    client_id="SITE",
    password="00ff",
    key_form=PasswordForm.HEX,
    certificates="ours",
    role=GatewayRole.REPORT,
    commands=Rights(("Reset",)),
    append_id=False,
)
KEPT = KeptGateway("stall", "CP1", 3, "stall SITE@billing.example", "stall", 2, GATEWAY)


def test_what_is_kept_is_read_back_the_same_with_its_password() -> None:
    assert read_kept(kept_text(KEPT)) == KEPT
    assert json.loads(kept_text(KEPT))["gateway"]["password"] == "00ff"


def test_a_password_is_not_in_what_a_log_may_show() -> None:
    assert "00ff" not in repr(KEPT)


def _without(key: str) -> str:
    words = json.loads(kept_text(KEPT))
    del words[key]
    return json.dumps(words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        *map(
            _without, ("evse", "station", "connector", "link", "named_after", "number", "gateway")
        ),
        kept_text(KEPT).replace('"number": 2', '"number": "two"'),
        kept_text(KEPT).replace('"role": "report"', '"role": "friend"'),
        kept_text(KEPT).replace('"url"', '"address"'),
    ],
)
def test_a_note_that_keeps_no_gateway_is_not_believed(text: str) -> None:
    assert read_kept(text) is None


def test_identity_and_certificates_outlast_what_they_were_taken_from() -> None:
    evse = EvseSettings(id="stall", address="CP1")
    short = GatewaySettings(url="ws://billing.example/")
    kept = spelled_out(evse, short, "founder")
    assert (kept.client_id, kept.certificates) == ("CP1", "founder")
    assert spelled_out(evse, GATEWAY, "founder") == GATEWAY
