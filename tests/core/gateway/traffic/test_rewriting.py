import json

import pytest

from wattgate.core.gateway.traffic.rewriting import differences


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('{"connectorId":2}', '{"connectorId":1}', "connectorId 2 → 1"),
        ("{}", '{"connectorId":2}', "connectorId 2 added"),
        ("{}", '{"chargingProfile":{}}', "chargingProfile added"),
        ('{"transactionId":9}', "{}", "transactionId removed"),
        ('{"idTag":"04A1"}', '{"idTag":"04B2"}', "idTag rewritten"),
        ('{"connectorId":"2"}', '{"connectorId":1}', "connectorId rewritten"),
        (
            '{"csChargingProfiles":{"transactionId":9001,"a":1}}',
            '{"csChargingProfiles":{"transactionId":1,"a":1}}',
            "transactionId 9001 → 1",
        ),
        ('{"a":{"b":{"c":1}}}', '{"a":{"b":{"c":2}}}', "b rewritten"),
        ('{"a":1}', '{ "a":1}', "written differently"),
        (
            '{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}',
            "{}",
            "a removed, b removed, c removed, d removed, 2 more",
        ),
    ],
)
def test_a_rewritten_message_is_explained_in_a_few_words_r79(
    before: str, after: str, words: str
) -> None:
    assert differences(before, after) == words


def test_the_explanation_repeats_no_value_but_ids_r121() -> None:
    assert "s3cret" not in differences('{"data":"s3cret"}', '{"data":"s3cret!"}')


def test_long_names_are_cut_and_long_payloads_not_compared() -> None:
    assert differences("{}", json.dumps({"n" * 100: 1})) == f"{'n' * 40} added"
    assert differences("{}", json.dumps({"a": "x" * 70_000})) == "changed"
