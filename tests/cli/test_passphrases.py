from dataclasses import dataclass, field

import pytest
import typer

from wattgate.cli import passphrases
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.passphrases import VARIABLE, new_passphrase, unlocked
from wattgate.ports.certificates import PassphraseNeeded


@dataclass
class Lock:
    """A key under a passphrase, or under none."""

    right: str | None
    tried: list[str | None] = field(default_factory=list)

    def open(self, passphrase: str | None) -> str:
        self.tried.append(passphrase)
        if self.right is not None and passphrase != self.right:
            raise PassphraseNeeded(was_wrong=passphrase is not None)
        return "open"


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What somebody types at the terminal, one after the other."""
    typed: list[str] = []
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(passphrases, "somebody_is_there", lambda: True)

    def prompt(_words: str, **kind: bool) -> str:
        assert kind["hide_input"]
        return typed.pop(0)

    monkeypatch.setattr(typer, "prompt", prompt)
    return typed


def test_nobody_is_asked_where_no_key_is_encrypted(somebody: list[str]) -> None:
    lock = Lock(None)
    assert (unlocked(lock.open), lock.tried) == ("open", [None])
    assert somebody == []


@pytest.mark.parametrize("typed", [["right"], ["wrong", "right"], ["wrong", "", "right"]])
def test_a_passphrase_may_be_typed_three_times(somebody: list[str], typed: list[str]) -> None:
    lock = Lock("right")
    somebody += typed
    assert unlocked(lock.open) == "open"
    assert lock.tried == [None, *typed]


def test_after_three_wrong_ones_nobody_is_asked_again(somebody: list[str]) -> None:
    somebody += ["a", "b", "c", "right"]
    with pytest.raises(MisuseError, match="none of 3 passphrases was right"):
        unlocked(Lock("right").open)
    assert somebody == ["right"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", f"{VARIABLE} has to say its passphrase"),
        ("wrong", f"{VARIABLE} is not its passphrase"),
    ],
)
def test_where_nobody_sits_the_environment_has_to_know_it(
    given: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(MisuseError, match=words):
        unlocked(Lock("right").open)


def test_a_new_passphrase_has_to_come_from_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(MisuseError, match="needs a passphrase: say it in"):
        new_passphrase("cp1.p12")


def test_the_environment_spares_the_typing(
    somebody: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "right")
    lock = Lock("right")
    assert (unlocked(lock.open), lock.tried) == ("open", ["right"])
    assert new_passphrase("cp1.p12") == "right"
    assert somebody == []


def test_a_new_passphrase_is_typed(somebody: list[str]) -> None:
    somebody.append("secret")
    assert new_passphrase("cp1.p12") == "secret"


def test_a_refusal_does_not_repeat_the_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "swordfish")
    with pytest.raises(MisuseError) as refused:
        unlocked(Lock("right").open)
    assert "swordfish" not in str(refused.value)
