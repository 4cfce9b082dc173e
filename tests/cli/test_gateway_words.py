"""Settings of a backend as words of the command line."""

import pytest

from wattgate.cli.evse_login import MisuseError
from wattgate.cli.gateway_words import in_words, settings_of


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ([], {}),
        (["url=ws://b/?a=b"], {"url": "ws://b/?a=b"}),
        (["client_id=123", "password="], {"client_id": "123", "password": ""}),
        (["append_id=false", "system_roots=true"], {"append_id": False, "system_roots": True}),
        (["append_id=no"], {"append_id": "no"}),
        (["commands=read"], {"commands": "read"}),
        (["commands=Reset"], {"commands": ["Reset"]}),
        (["commands=Reset, ClearCache"], {"commands": ["Reset", "ClearCache"]}),
        (["commands="], {"commands": []}),
        (["colour=red"], {"colour": "red"}),
    ],
)
def test_settings_are_read_as_the_site_file_has_them(
    words: list[str], settings: dict[str, object]
) -> None:
    assert settings_of(words) == settings


@pytest.mark.parametrize(
    ("words", "said"),
    [(["role"], "role: must be a setting and its value"), (["role=a", "role=b"], "is there twice")],
)
def test_what_is_no_setting_is_misuse(words: list[str], said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        settings_of(words)


def test_a_backend_is_a_line_and_each_setting_that_is_not_as_usual() -> None:
    usual = {"url": "ws://b/", "client_id": "", "role": "primary", "append_id": True}
    more = {"commands": ["Reset", "ClearCache"], "append_id": False, "key_form": "text", "new": "x"}
    report = {"url": "wss://r/\x1b", "client_id": "R", "role": "report", **more}
    assert list(in_words([usual, report])) == [
        "1  primary  ws://b/",
        "2  report  wss://r/? as R",
        "     commands: Reset, ClearCache",
        "     append_id: false",
        "     new: x",
    ]
