"""`wattgate evse prove`: the guided proof, with what the person beside the wallbox has to do."""

from collections.abc import Callable
from typing import Final

import typer

from wattgate.cli.api_client import ApiClient
from wattgate.cli.evse_answers import ProofState
from wattgate.cli.evse_run import find, path_of, read
from wattgate.cli.evse_words import plain, result
from wattgate.core.charging.proof_steps import Step

LOOK_EVERY_S: Final = 1.0
"""s between two questions how far it is."""

_STEPS: Final = tuple(step for step in Step if step is not Step.DONE)


def prove(api: ApiClient, evse_id: str, *, as_json: bool, wait: Callable[[float], None]) -> int:
    """Begin, tell each step, and how it ended; 0 where everything was proven.

    A KeyboardInterrupt gives the proof up. `wait` is told for how many s.
    """
    evse, path = find(api, evse_id), path_of(evse_id, "prove")
    try:
        proof = _told_to_its_end(api, path, as_json=as_json, wait=wait)
    except KeyboardInterrupt:
        api.ask("DELETE", path)
        proof = _say(api.ask("GET", path), as_json=as_json, before=None)
    if not as_json:
        typer.echo(result(proof, evse))
    return 0 if proof.expiry == proof.persistence == "proven" else 1


def _told_to_its_end(
    api: ApiClient, path: str, *, as_json: bool, wait: Callable[[float], None]
) -> ProofState:
    proof = _say(api.ask("POST", path), as_json=as_json, before=None)
    while not proof.done:
        wait(LOOK_EVERY_S)
        proof = _say(api.ask("GET", path), as_json=as_json, before=proof)
    return proof


def _say(told: bytes, *, as_json: bool, before: ProofState | None) -> ProofState:
    """Tell a step once."""
    proof = read(told, ProofState)
    if before is not None and proof.step is before.step:
        return proof
    if as_json:
        typer.echo(told.decode())
    elif not proof.done:
        typer.echo(f"{_STEPS.index(proof.step) + 1}/{len(_STEPS)}  {plain(proof.says)}")
    return proof
