import pytest
from tests.support.wallboxes import online

from wattgate.core.wallbox.commands import COMMANDS
from wattgate.core.wallbox.features import ACTIONS_OF, ALL_FEATURES, Feature, listed, missing

LITTLE = frozenset({Feature.CORE, Feature.SMART_CHARGING, Feature.REMOTE_TRIGGER})


def test_what_is_listed_is_what_there_is() -> None:
    assert listed(LITTLE) == "Core,SmartCharging,RemoteTrigger"
    assert listed(ALL_FEATURES) == (
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
    )


def test_every_action_of_a_feature_is_one_that_the_wallbox_knows() -> None:
    assert missing(frozenset(), ACTIONS_OF) <= set(COMMANDS)
    assert missing(ALL_FEATURES, ACTIONS_OF) == frozenset()


@pytest.mark.parametrize("action", sorted(missing(LITTLE, ACTIONS_OF)))
def test_what_belongs_to_a_feature_that_is_not_there_is_not_supported_r108(action: str) -> None:
    assert online(features=LITTLE).command(action, {}) == "NotSupported"


def test_a_feature_that_is_not_there_is_not_listed_r108() -> None:
    answer = online(features=LITTLE).command(
        "GetConfiguration", {"key": ["SupportedFeatureProfiles"]}
    )
    assert [each["value"] for each in answer["configurationKey"]] == [listed(LITTLE)]


@pytest.mark.parametrize(
    ("features", "status"), [(LITTLE, "NotImplemented"), (ALL_FEATURES, "Accepted")]
)
def test_a_message_of_a_feature_that_is_not_there_cannot_be_asked_for(
    features: frozenset[Feature], status: str
) -> None:
    wanted = {"requestedMessage": "FirmwareStatusNotification"}
    assert online(features=features).command("TriggerMessage", wanted) == {"status": status}
