"""EVSEs in words: a line each, or all about one. What wallboxes say cannot steer the terminal."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from wattgate.cli.evse_answers import Backend, Drawn, Evse, ProofState
from wattgate.cli.evse_modbus_words import modbus_facts
from wattgate.cli.states import STATES

_HEAD: Final = ("EVSE", "state", "may draw", "draws", "counts for", "its limits")
_GAP: Final = "  "
_CLOCK_S: Final = 10.0
"""s that a wallbox's clock may be off without a word."""


def table(evses: Sequence[Evse]) -> Iterator[str]:
    """One line per EVSE below a line of headings; then, whose backend is not verified (P23)."""
    rows = [_HEAD, *(_row(evse) for evse in evses)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield _GAP.join(cells).rstrip()
    for evse in evses:
        for backend in evse.backends:
            security = backend.security
            if security is not None and security.state == "unverified":
                which = _which(evse, backend)
                yield plain(f"{evse.id}: the connection to its {which} is {security.words}")


def everything(evse: Evse) -> Iterator[str]:
    """All about one EVSE, a fact per line."""
    yield plain(evse.id if evse.name == evse.id else f"{evse.id} ({evse.name})")
    facts = [(name, plain(words)) for name, words in _facts(evse) if words]
    width = max(len(name) for name, _ in facts)
    for name, words in facts:
        yield f"  {name.ljust(width)}  {words}"


def result(proof: ProofState, evse: Evse) -> str:
    """How a proof ended, and what follows from it."""
    what = _model(evse) or "this wallbox"
    if proof.expiry == proof.persistence == "proven":
        return plain(
            f"Proven for {what}: its limits end by themselves, also after a power cycle. "
            "Silent, it counts for its grant, then for its fallback."
        )
    reason = f": {proof.reason}" if proof.reason else ""
    return plain(
        f"Not proven for {what}{reason}. Ending by itself: {proof.expiry}; surviving a power "
        f"cycle: {proof.persistence}. Silent, it counts for its {evse.limits.max_current_a:g} A."
    )


def plain(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _row(evse: Evse) -> tuple[str, ...]:
    return tuple(
        map(
            plain,
            (
                evse.id,
                _state(evse),
                f"{evse.offered_a:.1f} A",
                _drawn(evse.drawn_a),
                f"{evse.limits.counted_a:.1f} A",
                _obedience(evse),
            ),
        )
    )


def _where(evse: Evse) -> str:
    """Its connector in OCPP; the unit of one on Modbus is said with its place."""
    if evse.modbus is not None:
        return f"wallbox {evse.wallbox}"
    return f"wallbox {evse.wallbox}, connector {evse.connector}"


def _facts(evse: Evse) -> Iterator[tuple[str, str]]:
    safety, limits = evse.safety, evse.limits
    yield "state", f"{_state(evse)}; {_where(evse)}"
    yield "model", _model(evse)
    for backend in evse.backends:
        yield "backend", f"{_role(evse, backend)}{_login(evse, backend)}"
        if backend.security is not None:
            yield "its connection", backend.security.words
        yield "waits for it", _owed(backend)
    if evse.modbus is not None:
        yield from modbus_facts(evse.modbus)
    yield "may draw", _allowed(evse)
    yield "draws", _drawn(evse.drawn_a)
    yield "counts for", f"{limits.counted_a:.1f} A" + (", in doubt" if limits.doubtful else "")
    yield "its limits", _obedience(evse)
    yield "told by", safety.method
    yield "taken over", f"confirmed by: {safety.standing_confirmed_by}"
    if evse.modbus is None:  # there its registers tell what has to be proven of profiles
        yield "ends by itself", safety.expiry
        yield "survives a power cycle", safety.persistence
        yield "proven with", safety.proved_with
    yield "if silent", _if_silent(evse)
    yield "without a manager", f"{limits.fallback_current_a:g} A"
    if safety.cleared is not None:
        yield "limits removed", f"{safety.cleared.outcome}; {safety.cleared.confirmed_by}"
    written = "profiles written" if evse.modbus is None else "writes to its flash"
    yield written, str(limits.profile_writes)
    yield "clock", _clock(evse.clock_offset_s)
    for words in safety.known:
        yield "known of its make", words
    if safety.proof is not None and not safety.proof.done:
        yield "proof", safety.proof.says
    for words in evse.warnings:
        yield "warning", words


def _which(evse: Evse, backend: Backend) -> str:
    """One of several is called by its name."""
    return "backend" if len(evse.backends) == 1 else f"backend {_called(evse, backend)}"


def _called(evse: Evse, backend: Backend) -> str:
    """Who we are there; of several also where that is, since all may know it by the same name."""
    if len(evse.backends) == 1:
        return backend.client_id
    return f"{backend.client_id}@{urlsplit(backend.url).netloc}"


def _role(evse: Evse, backend: Backend) -> str:
    """What it may do; nothing of the only one that may do everything."""
    if backend.retiring:
        return "retiring; "
    is_usual = len(evse.backends) == 1 and backend.role == "primary"
    if is_usual and backend.commands == ("all",):
        return ""
    return f"{backend.role}, may command {', '.join(backend.commands)}; "


def _login(evse: Evse, backend: Backend) -> str:
    since = backend.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{backend.phase} as {_called(evse, backend)} since {since}: {backend.reason}"


def _owed(backend: Backend) -> str:
    counts = ((backend.queue_depth, "queued"), (backend.given_up, "given up"))
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def _state(evse: Evse) -> str:
    state = STATES.get(evse.status, evse.status) if evse.connected else "not connected"
    return state if evse.enabled else f"{state}, deactivated"


def _obedience(evse: Evse) -> str:
    if evse.safety.released:
        return "released"
    if evse.safety.refuses:
        return "refuses every limit"
    seen = evse.safety.obedience
    return f"{seen.words}; nothing left to be tried" if seen.exhausted else seen.words


def _allowed(evse: Evse) -> str:
    allowed = f"{evse.offered_a:.1f} A"
    is_moving = not evse.safety.released and evse.target_a != evse.offered_a
    return f"{allowed}, on the way to {evse.target_a:.1f} A" if is_moving else allowed


def _drawn(drawn_a: Drawn) -> str:
    phases = (drawn_a.l1, drawn_a.l2, drawn_a.l3)
    if all(each is None for each in phases):
        return "-"
    return " / ".join("-" if each is None else f"{each:.1f}" for each in phases) + " A"


def _model(evse: Evse) -> str:
    if evse.boot is None:
        return ""
    firmware = f"firmware {evse.boot.firmware}" if evse.boot.firmware else ""
    return " ".join(filter(None, (evse.boot.vendor, evse.boot.model, firmware)))


def _if_silent(evse: Evse) -> str:
    if evse.safety.is_harmless_when_silent and not evse.safety.released:
        return f"its grant while that lasts, then {evse.limits.fallback_current_a:g} A"
    return f"{evse.limits.max_current_a:g} A"


def _clock(offset_s: float | None) -> str:
    if offset_s is None:
        return ""
    if abs(offset_s) < _CLOCK_S:
        return "right"
    return f"{abs(offset_s):.0f} s {'ahead' if offset_s > 0 else 'behind'}"
