import pytest

from wattgate.core.files.reports import as_failed, says_fetched, says_uploaded

DIAGNOSTICS, LOG, FIRMWARE = (
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
    "FirmwareStatusNotification",
)


@pytest.mark.parametrize(
    ("action", "status", "uploaded", "fetched"),
    [
        (DIAGNOSTICS, "Uploaded", True, False),
        (DIAGNOSTICS, "Uploading", False, False),
        (DIAGNOSTICS, "UploadFailed", False, False),
        (LOG, "Uploaded", True, False),
        (LOG, "UploadFailure", False, False),
        (FIRMWARE, "Uploaded", False, False),
        (FIRMWARE, "Downloading", False, False),
        (FIRMWARE, "DownloadFailed", False, False),
        (FIRMWARE, "Downloaded", False, True),
        (FIRMWARE, "Installing", False, True),
        (FIRMWARE, "Installed", False, True),
        ("SignedFirmwareStatusNotification", "Installed", False, False),
    ],
)
def test_r87_a_report_is_understood(
    action: str, status: str, uploaded: bool, fetched: bool
) -> None:
    payload = f'{{"status":"{status}"}}'
    assert says_uploaded(action, payload) is uploaded
    assert says_fetched(action, payload) is fetched


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        (DIAGNOSTICS, '{"status":"Uploaded"}', '{"status":"UploadFailed"}'),
        (LOG, '{"status": "Uploaded","requestId":7}', '{"status": "UploadFailure","requestId":7}'),
    ],
)
def test_r87_a_file_that_did_not_arrive_is_reported_as_failed_in_each_reports_own_word(
    action: str, before: str, after: str
) -> None:
    assert as_failed(action, before) == after
