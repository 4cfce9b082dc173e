"""With what `wattgate evse` proves that it may act."""

import os
import sys

import typer

from wattgate.cli.api_client import ApiClient, with_password, with_token, wrong_url


class MisuseError(Exception):
    """The command line cannot be carried out as it is; the text says why."""


def somebody_is_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def log_in(url: str, password: str) -> ApiClient:
    """Return the API at `url`, with the first that there is.

    That is `password`, WATTGATE_TOKEN, WATTGATE_ADMIN_PASSWORD, or what a person types. Raises
    MisuseError without any, and for what is no URL.
    """
    problem = wrong_url(url)
    if problem is not None:
        raise MisuseError(f"--url {url}: {problem}")
    return ApiClient(url, _authorization(password))


def _authorization(password: str) -> str:
    token = os.environ.get("WATTGATE_TOKEN", "").strip()
    if token and not password:
        if not (token.isascii() and token.isprintable()):
            raise MisuseError("WATTGATE_TOKEN: is no token")
        return with_token(token)
    known = password or os.environ.get("WATTGATE_ADMIN_PASSWORD", "")
    if known:
        return with_password(known)
    if not somebody_is_there():
        raise MisuseError(
            "A password is needed: WATTGATE_ADMIN_PASSWORD, WATTGATE_TOKEN, --password"
        )
    return with_password(typer.prompt("Password of admin", hide_input=True, err=True))
