"""What must hold of a random story, whatever happened in it.

Reads the journal of all links and what the wallboxes meant to say, with `json` and `re` only: no
mistake can be shared with our own reading. A complaint is a sentence; a good story has none.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.support.interleaving import Story
from tests.support.interleaving_logins import Login
from tests.support.random_backend import Command
from tests.support.random_box import Billed
from tests.support.shaky_links import MANAGER, Entry

BILLED: Final = ("StartTransaction", "MeterValues", "StopTransaction")
ATTEMPTS: Final = 10
"""How often a backend is sent a message before it may be given up (R66)."""

PATIENCE_S: Final = 59.9
"""s after which an answer may have come too late to count (R16)."""

SHORTEST_S: Final = 5.9
"""s after which a CALL of the manager may be given up at the earliest."""

MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "StartTransaction": frozenset({"transactionId", "idTagInfo"}),
    "BootNotification": frozenset({"status", "currentTime", "interval"}),
    "Authorize": frozenset({"idTagInfo"}),
    "Heartbeat": frozenset({"currentTime"}),
    "DataTransfer": frozenset({"status"}),
}
"""What an answer has at least."""

_ID: Final = re.compile(r'("transactionId"\s*:\s*)(-?\d+)')
_CALL: Final = re.compile(r'\[2,"([^"]*)","([^"]*)",(.*)\]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A transaction message as it came to a backend."""

    at: float
    link: int
    unique_id: str
    party: str
    text: str

    @property
    def key(self) -> str:
        """The text without the number of its transaction."""
        return without_id(self.text)

    @property
    def transaction_id(self) -> int | None:
        found = _ID.search(self.text)
        return int(found[2]) if found else None


def _turns(journal: Iterable[Entry]) -> dict[int, dict[float, str]]:
    """When the manager's line became free on each link, and which action had held it.

    What is sent at that moment may have waited for its turn.
    """
    turns: dict[int, dict[float, str]] = defaultdict(dict)
    unanswered: dict[int, dict[str, str]] = defaultdict(dict)
    for entry in journal:
        if entry.who != MANAGER or entry.what not in ("sent", "arrived"):
            continue
        call, open_calls = call_of(entry.text), unanswered[entry.link]
        if call is None and entry.what == "arrived":
            action = open_calls.pop(json.loads(entry.text)[1], None)
            if action is not None:
                turns[entry.link][entry.at] = action
        elif call is not None and entry.what == "sent":
            for action in open_calls.values():  # it was given up
                turns[entry.link][entry.at] = action
            open_calls.clear()
            open_calls[call[0]] = call[1]
    return turns


def without_id(text: str) -> str:
    """Leave everything of a payload but the number of its transaction."""
    return _ID.sub(r"\1#", text, count=1)


def call_of(text: str) -> tuple[str, str, str] | None:
    """Message id, action and payload text of a CALL; None for an answer."""
    found = _CALL.fullmatch(text)
    return (found[1], found[2], found[3]) if found else None


class Audit:
    """The whole audit of one story."""

    def __init__(self, story: Story, given_up: Iterable[tuple[str, str]], *, drained: bool) -> None:
        """`given_up` are the dead letters: link id and payload."""
        self._story = story
        self._journal = story.net.journal
        self._given_up = Counter((link_id, without_id(text)) for link_id, text in given_up)
        self._drained = drained
        self._turns = _turns(self._journal)
        self._deliveries = list(self._read_deliveries())
        self._expected = {login.party: self._what_is_due(login) for login in story.logins}

    def complaints(self) -> list[str]:
        """Everything that is wrong."""
        found = [] if self._drained else ["not everything was delivered in the end"]
        found += self._uninvited()
        for login in self._story.logins:
            deliveries = [each for each in self._deliveries if each.party == login.party]
            found += self._lost(login, deliveries)
            found += self._strange(login, deliveries)
            found += self._doubled(deliveries)
            found += self._out_of_order(login, deliveries)
            found += self._misattributed(login, deliveries)
        for link in self._story.net.links:
            entries = [each for each in self._journal if each.link == link.number]
            found += self._wrong_answers(link.party, entries)
            found += self._two_at_once(entries)
        return found + self._wrong_commands() + self._split()

    def _read_deliveries(self) -> Iterator[Delivery]:
        for entry in self._journal:
            if entry.what != "arrived" or " " not in entry.who:
                continue
            call = call_of(entry.text)
            if call is not None and call[1] in BILLED:
                yield Delivery(entry.at, entry.link, call[0], entry.who, call[2])

    def _what_is_due(self, login: Login) -> dict[str, Billed]:
        """What its connectors said, each with its number there; and stops of what nobody knows."""
        return {
            without_id(login.renumbered(each.text.replace("{id}", "0"))): each
            for each in self._story.boxes[login.box].sent
            if each.connector is None or each.connector in login.numbers
        }

    def _uninvited(self) -> list[str]:
        known = {login.party for login in self._story.logins}
        parties = {each.party for each in self._deliveries} - known
        return [f"{party}: nobody of the site logs in there" for party in sorted(parties)]

    # Nothing is lost, nothing is made up

    def _lost(self, login: Login, deliveries: Sequence[Delivery]) -> list[str]:
        heard = Counter(each.key for each in deliveries)
        name, found = login.party, []
        for key, message in self._expected[name].items():
            is_kept_aside = is_stale(message) and self._is_apart(login, key)
            given_up = self._given_up[login.link_id, key]
            if not message.is_confirmed:
                found.append(f"{name}: never confirmed: {message.text}")
            elif not heard[key] and not given_up and not is_kept_aside:
                found.append(f"{name}: confirmed and lost: {message.text}")
            elif given_up and heard[key] < ATTEMPTS:
                found.append(f"{name}: given up after {heard[key]} attempts: {message.text}")
        return found

    def _is_apart(self, login: Login, key: str) -> bool:
        return self._given_up[f"unattributed {login.box}", key] > 0

    def _strange(self, login: Login, deliveries: Sequence[Delivery]) -> list[str]:
        """Payloads are what those connectors said, with their numbers there (R17, R60, R101)."""
        return [
            f"{login.party}: nobody sent it this: {each.text}"
            for each in deliveries
            if each.key not in self._expected[login.party]
        ]

    # Once, in order, under its own number

    def _doubled(self, deliveries: Sequence[Delivery]) -> list[str]:
        """Only what may not have been taken comes again, at once and to the letter (R58, R67)."""
        found, last = [], dict[str, Delivery]()
        before: Delivery | None = None
        for each in deliveries:
            earlier = last.get(each.key)
            if earlier is not None and (
                earlier is not before
                or earlier.text != each.text
                or self._was_taken(earlier, each.at)
            ):
                found.append(f"{each.party}: delivered twice at {each.at:.1f}: {each.text}")
            last[each.key] = before = each
        return found

    def _was_taken(self, delivery: Delivery, until: float) -> bool:
        """Whether the manager must have known by then that the backend had taken it.

        The time for an answer runs from when a message is queued for the line: where it waited for
        the answer to something else, nobody outside knows since when.
        """
        beginning = f'[3,"{delivery.unique_id}",'
        sent_at = next(
            entry.at
            for entry in self._journal
            if entry.link == delivery.link
            and entry.what == "sent"
            and entry.text.startswith(f'[2,"{delivery.unique_id}",')
        )
        for entry in self._journal:
            if (
                (entry.link, entry.who, entry.what) == (delivery.link, MANAGER, "arrived")
                and entry.text.startswith(beginning)
                and entry.at <= until
            ):
                waited = self._turns[entry.link].get(sent_at, BILLED[0]) not in BILLED
                in_time = entry.at - sent_at < PATIENCE_S and not waited
                return in_time and not self._could_not_note(entry.at, until)
        return False

    def _could_not_note(self, at: float, until: float) -> bool:
        """Whether the manager died before it could store what it had just learnt."""
        deaths = [kill for kill in self._story.kills if at <= kill <= until]
        if not deaths:
            return False
        failing = any(outage.begin <= at <= outage.end for outage in self._story.outages)
        return failing or min(deaths) - at < 1.0

    def _out_of_order(self, login: Login, deliveries: Sequence[Delivery]) -> list[str]:
        """R58, R71."""
        found, highest = [], -1
        for key in dict.fromkeys(each.key for each in deliveries):
            message = self._expected[login.party].get(key)
            if message is not None and message.number < highest:
                found.append(f"{login.party}: out of order: {message.text}")
            highest = max(highest, message.number if message is not None else -1)
        return found

    def _misattributed(self, login: Login, deliveries: Sequence[Delivery]) -> list[str]:
        """A message carries the number that its own start was given there (R60, R63, R106)."""
        starts = {
            each.of.number: each for each in self._starts_of(login.box) if each.of is not None
        }
        name, found = login.party, []
        for each in deliveries:
            message = self._expected[name].get(each.key)
            if message is None or message.action == "StartTransaction":
                continue
            if is_stale(message):
                found.append(f"{name}: a stale number reached the backend: {each.text}")
                continue
            right: int | None = None
            if message.of is not None:
                right = self._answer_to(login, starts[message.of.number])[0]
            if each.transaction_id != right:
                found.append(f"{name}: belongs to {right}, not to {each.text}")
        return found

    def _answer_to(self, login: Login, start: Billed) -> tuple[int, str]:
        """The number and the verdict that the backend has for a start; -1 where it has none."""
        known = self._story.backends[login.backend].starts
        return known.get((login.client_id, login.renumbered(start.text)), (-1, ""))

    def _starts_of(self, name: str) -> list[Billed]:
        sent = self._story.boxes[name].sent
        return [each for each in sent if each.action == "StartTransaction"]

    # Answers

    def _wrong_answers(self, party: str, entries: Sequence[Entry]) -> list[str]:
        """Who asked gets the answer to what it asked, on that connection, once (R7-R9)."""
        asked: dict[str, tuple[str, str]] = {}
        found = []
        for entry in entries:
            if entry.who != party or entry.what not in ("sent", "arrived"):
                continue
            call = call_of(entry.text)
            if call is not None and entry.what == "sent":
                asked[call[0]] = call[1], call[2]
            elif call is None and entry.what == "arrived":
                answer = json.loads(entry.text)
                question = asked.pop(answer[1], None)
                if question is None:
                    found.append(f"{party}: an answer to nothing: {entry.text}")
                elif answer[0] == 3:
                    found += self._wrong_content(party, *question, answer[2])
        return found

    def _wrong_content(self, party: str, action: str, text: str, answer: Any) -> list[str]:  # noqa: ANN401 - JSON
        if action in BILLED and not answer.keys() <= {"transactionId", "idTagInfo"}:
            return [f"{party}: {action} is answered {answer}"]
        if not answer.keys() >= MEMBERS.get(action, frozenset()):
            return [f"{party}: {action} is answered {answer}"]
        if action == "DataTransfer" and answer["status"] == "Accepted":
            who = self._hears_chats_of(party)
            if answer.get("data") != f"{who} heard {json.loads(text)['data']}":
                return [f"{party}: {text} is answered {answer}"]
        if action == "GetConfiguration":
            (key,) = json.loads(text)["key"]
            values = {each["key"]: each["value"] for each in answer.get("configurationKey", ())}
            if values.get(key) != f"{self._box_of(party)} {key}":
                return [f"{party}: {text} is answered {answer}"]
        return []

    def _box_of(self, party: str) -> str:
        """The wallbox behind a backend's charge point."""
        return next(each.box for each in self._story.logins if each.party == party)

    def _hears_chats_of(self, party: str) -> str:
        """Who answers what a wallbox, or a backend, has to say to the other (R102)."""
        if party not in self._story.boxes:
            return self._box_of(party)
        primaries = [each for each in self._story.logins if each.box == party and each.is_primary]
        return min(primaries, key=lambda each: min(each.numbers)).backend

    def _two_at_once(self, entries: Sequence[Entry]) -> list[str]:
        """One CALL of the manager's at a time (R4).

        One that had to wait for its turn may be given up soon after it was sent, since it has
        waited before: such a one is not judged.
        """
        found: list[str] = []
        unanswered: dict[str, float | None] = {}
        for entry in entries:
            if entry.who != MANAGER:
                continue
            call = call_of(entry.text)
            if entry.what == "sent" and call is not None:
                young = [at for at in unanswered.values() if at is not None]
                if any(entry.at - at < SHORTEST_S for at in young):
                    found.append(f"{entry.party}: two at once at {entry.at:.1f}: {call}")
                waited = entry.at in self._turns[entry.link]
                unanswered[call[0]] = None if waited else entry.at
            elif entry.what == "arrived" and call is None:
                unanswered.pop(json.loads(entry.text)[1], None)
        return found

    # Commands

    def _wrong_commands(self) -> list[str]:
        """A wallbox gets what its own backends asked of it, once, about its own transactions."""
        found = []
        for name in self._story.boxes:
            asked = Counter(
                json.loads(each.text)["data"]
                for login in self._logins_of(name)
                if login.may("DataTransfer")
                for each in self._commands_of(login, "DataTransfer")
            )
            for entry in self._journal:
                call = call_of(entry.text)
                if entry.who != name or entry.what != "arrived" or call is None:
                    continue
                if call[1] == "DataTransfer":
                    asked[json.loads(call[2])["data"]] -= 1
            found += [f"{name}: got {mark!r} too often" for mark in asked if asked[mark] < 0]
            found += self._wrong_stops(name)
        return found

    def _wrong_stops(self, name: str) -> list[str]:
        """A RemoteStop names a transaction that a backend of its connector may end, and wants to.

        Or one whose card the primary did not accept (R65), or that went with a reset (R103).
        """
        stopped = set()
        for login in self._logins_of(name):
            asked = {
                json.loads(each.text)["transactionId"]
                for each in self._commands_of(login, "RemoteStopTransaction")
                if login.may("RemoteStopTransaction")
            }
            resets = login.may("Reset") and bool(self._commands_of(login, "Reset"))
            for start in self._starts_of(name):
                if start.of is None or start.of.connector not in login.numbers:
                    continue
                number, status = self._answer_to(login, start)
                is_blocked = login.is_primary and status == "Blocked"
                if number in asked or resets or is_blocked:
                    stopped.add(start.of.known_as)
        return [
            f"{name}: told to stop {number}, which is none of its own that should end"
            for number in self._story.boxes[name].stops_asked
            if number not in stopped
        ]

    def _logins_of(self, name: str) -> list[Login]:
        return [each for each in self._story.logins if each.box == name]

    def _commands_of(self, login: Login, action: str) -> list[Command]:
        return [
            each
            for each in self._story.backends[login.backend].commands
            if (each.station, each.action) == (login.client_id, action)
        ]

    def _split(self) -> list[str]:
        """No two transactions of a wallbox have one number, and none has two (R60)."""
        found = []
        for name in self._story.boxes:
            numbers: dict[str, set[int]] = {}
            asked: dict[tuple[int, str], str] = {}
            for entry in self._journal:
                if entry.who != name:
                    continue
                call = call_of(entry.text)
                if call is not None and call[1] == "StartTransaction":
                    asked[entry.link, call[0]] = call[2]
                elif call is None and entry.what == "arrived":
                    answer = json.loads(entry.text)
                    start = asked.get((entry.link, answer[1]))
                    if start is not None and answer[0] == 3 and "transactionId" in answer[2]:
                        numbers.setdefault(start, set()).add(answer[2]["transactionId"])
            several = {start: many for start, many in numbers.items() if len(many) > 1}
            found += [f"{name}: {many} for {start}" for start, many in several.items()]
            all_numbers = Counter(each for many in numbers.values() for each in many)
            found += [f"{name}: {n} is two transactions" for n in all_numbers if all_numbers[n] > 1]
        return found


def is_stale(message: Billed) -> bool:
    """Whether it is a stop of what the wallbox never began."""
    return message.action == "StopTransaction" and message.of is None
