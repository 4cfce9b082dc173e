"""What a backend has changed in the security of its link, until a connection bears it out (R37).

A link that a backend has made impossible would be lost for ever: the backend could not even take
it back. So everything is undone, once, where the first connection after it fails for it
("Improved security for OCPP 1.6-J" A05.FR.08, and in the same way for what it installed).
"""

from dataclasses import dataclass
from typing import Final

import msgspec


class LinkTrial(msgspec.Struct, frozen=True):
    """Everything that may have to be undone, as it is stored.

    `profile` is what the backend raised the security profile to, None where it never did;
    `former_profile` what that was before. `roots` are the ids of the authorities that it installed
    while nobody vouched for it: from then on its certificate is checked. `has_certificate`: our
    own certificate is a new one of its.
    """

    profile: int | None = None
    former_profile: int | None = None
    is_profile_proven: bool = True
    roots: tuple[str, ...] = ()
    has_certificate: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing waits to be borne out."""
        return self.is_profile_proven and not self.roots and not self.has_certificate

    @property
    def can_be_undone(self) -> bool:
        """Whether undoing it makes a difference for the next connection."""
        return bool(self.roots) or self.has_certificate


UNTRIED: Final = LinkTrial()
"""Where a backend has changed nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a connection failed: before TLS was there, or with an answer of the backend's server.

    `is_unverified`: for the backend's certificate, which nobody vouches for.
    """

    in_tls: bool
    in_http: bool
    http_status: int | None
    is_unverified: bool = False


_BY_CERTIFICATE: Final = frozenset({None, 400, 401, 403, 495, 496})
"""How servers turn away a client for its certificate; None: they hang up, as in TLS 1.3."""

_ITS_TROUBLE: Final = 500
"""From this status on a server speaks of itself (RFC 9110 §15.6)."""


def may_be_the_reason(trial: LinkTrial, failure: Failure) -> bool:
    """Whether a connection can have failed because of what is on trial."""
    if failure.is_unverified:
        return bool(trial.roots) or not trial.is_profile_proven
    if failure.in_tls:
        return trial.has_certificate
    return failure.in_http and trial.has_certificate and failure.http_status in _BY_CERTIFICATE


def is_verdict(failure: Failure) -> bool:
    """Whether the backend was there to refuse a connection; if not, it is to be asked again."""
    return failure.in_tls or (
        failure.in_http and (failure.http_status is None or failure.http_status < _ITS_TROUBLE)
    )


def with_profile(trial: LinkTrial, profile: int) -> LinkTrial:
    """The backend has raised the security profile."""
    former = trial.profile if trial.is_profile_proven else trial.former_profile
    return msgspec.structs.replace(
        trial, profile=profile, former_profile=former, is_profile_proven=False
    )


def with_root(trial: LinkTrial, certificate_id: str) -> LinkTrial:
    """The backend has installed an authority, where its certificate was not checked before."""
    roots = tuple(dict.fromkeys((*trial.roots, certificate_id)))
    return msgspec.structs.replace(trial, roots=roots)


def without_root(trial: LinkTrial, certificate_id: str) -> LinkTrial:
    """The backend has deleted an authority."""
    roots = tuple(root for root in trial.roots if root != certificate_id)
    return msgspec.structs.replace(trial, roots=roots)


def with_certificate(trial: LinkTrial) -> LinkTrial:
    """The backend has signed a certificate for us."""
    return msgspec.structs.replace(trial, has_certificate=True)


def borne_out(trial: LinkTrial) -> LinkTrial:
    """A connection was made with all of it."""
    return LinkTrial(profile=trial.profile)


def undone(trial: LinkTrial) -> LinkTrial:
    """A connection was made without it, and none with it."""
    return LinkTrial(profile=trial.profile if trial.is_profile_proven else trial.former_profile)


def write(trial: LinkTrial) -> str:
    """As it is stored."""
    return msgspec.json.encode(trial).decode()


def read(text: str | None) -> LinkTrial:
    """What was stored; what cannot be read counts as nothing."""
    try:
        return msgspec.json.decode(text or "{}", type=LinkTrial)
    except msgspec.MsgspecError:
        return UNTRIED
