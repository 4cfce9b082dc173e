import pytest

from wattgate.core.gateway.commands.wallbox_wide import WALLBOX_WIDE, Course, Place, course
from wattgate.core.gateway.policy import POLICY, Sender

MAIN = Place(is_main=True, foreign_runs=False)
BUSY = Place(is_main=True, foreign_runs=True)
OTHER = Place(is_main=False, foreign_runs=False)
BOTH = Place(is_main=False, foreign_runs=True)


@pytest.mark.parametrize(
    ("action", "busy", "other"),
    [
        ("Reset", Course.VIRTUAL_RESET, Course.VIRTUAL_RESET),
        ("UpdateFirmware", Course.LATER, Course.NOT_SUPPORTED),
        ("SignedUpdateFirmware", Course.REJECT, Course.NOT_SUPPORTED),
        ("ChangeConfiguration", Course.REJECT, Course.REJECT),
        ("GetDiagnostics", Course.FORWARD, Course.NOT_SUPPORTED),
        ("GetLog", Course.FORWARD, Course.REJECT),
        ("InstallCertificate", Course.FORWARD, Course.REJECT),
        ("DataTransfer", Course.FORWARD, Course.FORWARD),
        ("UnlockConnector", Course.FORWARD, Course.FORWARD),
        ("TriggerMessage", Course.FORWARD, Course.FORWARD),
    ],
)
def test_a_command_takes_the_course_of_its_row_r103(
    action: str, busy: Course, other: Course
) -> None:
    assert course(action, MAIN) is Course.FORWARD
    assert course(action, BUSY) is busy
    assert course(action, OTHER) is other
    assert course(action, BOTH) is other


def test_every_row_is_a_command_of_a_backend() -> None:
    assert all(POLICY[action].sender is Sender.BACKEND for action in WALLBOX_WIDE)
