"""With what `wattgate evse` proves that it may act."""

import os
import ssl
import sys

import typer

from wattgate.cli.api_client import ApiClient, with_password, with_token, wrong_url
from wattgate.cli.api_trust import trusting


class MisuseError(Exception):
    """The command line cannot be carried out as it is; the text says why."""


def somebody_is_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def log_in(url: str, password: str, ca: str = "", known: ssl.SSLContext | None = None) -> ApiClient:
    """Return the API at `url`, with the first that there is.

    That is `password`, WATTGATE_TOKEN, WATTGATE_ADMIN_PASSWORD, or what a person types. Over HTTPS
    the certificates in the file `ca` are believed, else those of WATTGATE_CA, else whatever
    `known` says, else the machine's roots. Raises MisuseError without a login, for what is no URL,
    and no certificates.
    """
    problem = wrong_url(url)
    if problem is not None:
        raise MisuseError(f"--url {url}: {problem}")
    return ApiClient(url, _authorization(password), _trust(ca) or known)


def _trust(ca: str) -> ssl.SSLContext | None:
    name, file = ("--ca", ca) if ca else ("WATTGATE_CA", os.environ.get("WATTGATE_CA", ""))
    if not file:
        return None
    try:
        return trusting(file)
    except ssl.SSLError:
        raise MisuseError(f"{name} {file}: holds no certificate (PEM)") from None
    except OSError as exc:
        raise MisuseError(f"{name} {file}: {exc.strerror or exc}") from None


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
