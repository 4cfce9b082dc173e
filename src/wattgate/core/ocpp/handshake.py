"""Who may connect: path, Basic authentication, subprotocol; and the URL we connect to (R19-R26)."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import quote, unquote

from wattgate.core.security.client_identity import (
    BootDecides,
    ClientCertificate,
    Holder,
    ItsOwn,
    SomebodyElses,
    judge,
)
from wattgate.core.security.passwords import PasswordKey, wallbox_password_matches
from wattgate.core.site.choices import CertificateName

OCPP16: Final = "ocpp1.6"


@dataclass(frozen=True, slots=True)
class HandshakeRequest:
    """What a wallbox asked for when it opened its WebSocket.

    `target` is the request target as sent, `subprotocols` in the order of the wallbox,
    `authorization` the header of that name, `secure` true when the connection came over TLS,
    `certificate` what the wallbox showed there, once we trust whoever signed it.
    """

    target: str
    subprotocols: tuple[str, ...]
    authorization: str | None = field(repr=False)
    peer_address: str
    secure: bool = False
    certificate: ClientCertificate | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """HTTP Basic user and password; bytes, since a password need not be UTF-8 (R24)."""

    user: bytes
    password: bytes = field(repr=False)


class Proof(StrEnum):
    """With what a wallbox has shown who it is."""

    NONE = "none"
    """With no password, as none is required."""
    PASSWORD = "password"  # noqa: S105 - the word, no password
    NEXT = "next"
    """With a key that is to take the place of its password."""
    CERTIFICATE = "certificate"
    """With a client certificate, and no password, as none is required."""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """What is configured for a wallbox.

    `password` empty: none is required. With each of `next_passwords` it gets in as well. All are
    kept under `key`, or as they are where that is None. `security_profile` 0 to 3
    is the least that it must have (R32): from 2 on it must come over TLS, in 3 with a client
    certificate that is `holder`'s (None: that of the ChargeBox ID). `assume_ocpp16`: take a wallbox
    that names no subprotocol as one of OCPP 1.6.
    """

    station_id: str
    password: str = field(repr=False)
    security_profile: int
    assume_ocpp16: bool
    next_passwords: tuple[str, ...] = field(default=(), repr=False)
    key: PasswordKey | None = None
    holder: Holder | None = None


class Directory(Protocol):
    """The configured wallboxes."""

    def find(self, claimed_id: str) -> DirectoryEntry | None:
        """The wallbox with that id: the exact one, else the one that differs in case only (R19)."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """Let it in, as the wallbox `station_id`, in the spelling of the directory.

    The answer names `subprotocol` only if the wallbox had offered it (RFC 6455 §4.2.2). `ping`
    false: a wallbox that is known not to answer pings is sent none (R28). `proof` tells how the
    wallbox has shown that it is the one, `by_next` with which of its next passwords if with one;
    `certificate` whose its certificate is where it needs one, `shown` the fingerprint of the one
    that it has shown ("" for none).
    """

    station_id: str
    subprotocol: str
    ping: bool = True
    proof: Proof = Proof.NONE
    certificate: ItsOwn | BootDecides | None = None
    by_next: str = field(default="", repr=False)
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer the upgrade with this HTTP status; `reason` is a sentence for the user.

    `claimed_id` is what the wallbox called itself, None where it did not; before `retry_after_s`
    have passed it need not try again.
    """

    status: int
    reason: str
    claimed_id: str | None
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class EmptyUpgrade:
    """Finish the handshake without a subprotocol, then close at once (R22)."""

    station_id: str | None
    reason: str


Admission = Admitted | Refused | EmptyUpgrade


def identity_from_target(target: str) -> str | None:
    """The charge box id that a request target ends in, percent-decoded once (R19, P11).

    Any prefix, doubled and trailing slashes, a query and a whole URL as the target are accepted.
    None where there is no id, or none that can be shown: with control characters, or longer
    than any that can be set up.
    """
    path = _ORIGIN.sub("", target, count=1).partition("?")[0]
    segment = next((part for part in reversed(path.split("/")) if part), "")
    try:
        identity = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    return identity if 0 < len(identity) <= _LONGEST_ID and identity.isprintable() else None


def choose_subprotocol(offered: Sequence[str], supported: Sequence[str]) -> str | None:
    """The first that the client offers and we support: the order is the client's (R21)."""
    return next((name for name in offered if name in supported), None)


def basic_credentials(header: str | None, identity: str) -> Credentials | None:
    """User and password of an `Authorization: Basic` header; None where it is no such header.

    A user that is `identity`, whatever the case, may contain a colon; any other ends at the first
    one (RFC 7617 §2).
    """
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    encoded = encoded.strip()
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return None
    name = identity.encode() + b":"
    length = len(name) - 1 if decoded.lower().startswith(name.lower()) else decoded.find(b":")
    return Credentials(decoded[:length], decoded[length + 1 :]) if length >= 0 else None


def admit(
    request: HandshakeRequest, directory: Directory, supported: Sequence[str] = (OCPP16,)
) -> Admission:
    """Decide on a wallbox that wants to connect.

    By its id, TLS, its certificate, its password and the subprotocol, in this order.
    """
    claimed_id = identity_from_target(request.target)
    if claimed_id is None:
        return Refused(404, _NO_ID, None)
    entry = directory.find(claimed_id)
    if entry is None:
        return Refused(
            404, f"No wallbox with the ChargeBox ID {claimed_id!r} is set up.", claimed_id
        )
    if entry.security_profile >= 2 and not request.secure:
        return Refused(403, _NEEDS_TLS.format(entry.security_profile), claimed_id)
    certificate = _certificate(request.certificate, entry)
    if isinstance(certificate, SomebodyElses):
        return Refused(403, certificate.reason, claimed_id)
    proved = _proved(request.authorization, claimed_id, entry)
    if isinstance(proved, str):
        return Refused(401, proved, claimed_id)
    proof, by_next = proved
    if certificate is not None and proof is Proof.NONE:
        proof = Proof.CERTIFICATE
    agreed = _agree(request.subprotocols, entry, proof, supported)
    if not isinstance(agreed, Admitted):
        return agreed
    return replace(agreed, certificate=certificate, by_next=by_next)


def backend_url(url: str, client_id: str, append_id: bool) -> str:
    """The URL to connect to at a backend: the client id becomes the last segment (R26, P2).

    A query stays behind the path. The URL is used as written if `append_id` is false, if the
    client id is empty, or if its path ends in the client id already.
    """
    if not append_id or not client_id:
        return url
    base, mark, query = url.partition("?")
    path = _ORIGIN.sub("", base, count=1)
    if unquote(path.rstrip("/").rpartition("/")[2]) == client_id:
        return url
    slash = "" if path.endswith("/") else "/"
    return f"{base}{slash}{quote(client_id, safe='')}{mark}{query}"


def basic_authorization(user: str, password: str | bytes) -> str | None:
    """The `Authorization` header for a backend; None where no password is configured.

    A text is sent in UTF-8, the bytes of an AuthorizationKey as they are (R24).
    """
    if not password:
        return None
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(f"{user}:".encode() + secret).decode("ascii")


_LONGEST_ID: Final = 255
"""Characters that a ChargeBox ID may have in the site; a flood of longer ones fills no log."""

_LONGEST_OFFER: Final = 100
"""Characters that are shown of the subprotocols that were offered."""

_ORIGIN: Final = re.compile(r"(?:ws|http)s?://[^/?]*", re.IGNORECASE)
_NO_ID: Final = "The URL of the wallbox does not end in its ChargeBox ID."
_NEEDS_TLS: Final = (
    "The wallbox is set up for security profile {}, which needs TLS, but it connected without TLS."
)
_NEEDS_CERTIFICATE: Final = (
    "The wallbox is set up for security profile 3, which needs a client certificate, "
    "but it showed none. It is asked for one where its authority, or the certificate itself, is "
    "stored among the certificates of the server."
)


def _certificate(
    shown: ClientCertificate | None, entry: DirectoryEntry
) -> ItsOwn | BootDecides | SomebodyElses | None:
    """Whose the certificate is; None where none is needed (profile 3, R35)."""
    if shown is not None and shown.is_revoked:
        return SomebodyElses("The client certificate of the wallbox was revoked.")
    if shown is not None and shown.is_expired:
        return SomebodyElses("The client certificate of the wallbox has expired.")
    if entry.security_profile < 3:
        return None
    if shown is None:
        return SomebodyElses(_NEEDS_CERTIFICATE)
    return judge(shown.facts, entry.holder or Holder(entry.station_id, CertificateName.ID))


def _proved(header: str | None, claimed_id: str, entry: DirectoryEntry) -> tuple[Proof, str] | str:
    """What the credentials prove, and by which next password; or what is wrong with them (R25)."""
    credentials = basic_credentials(header, claimed_id)
    if credentials is None:
        complaint = "The wallbox sent no password, but one is set up for it."
    elif credentials.user not in (claimed_id.encode(), entry.station_id.encode()):
        complaint = "The user name that the wallbox sent is not the ChargeBox ID in its URL."
    else:
        every = (entry.password, *entry.next_passwords)
        found = [each for each in every if _matches(credentials.password, each, entry.key)]
        if found:  # all were tried, so that the time taken tells nothing
            by_next = "" if found[0] == entry.password else found[0]
            return (Proof.NEXT if by_next else Proof.PASSWORD), by_next
        complaint = _wrong_password(entry)
    return complaint if entry.password else (Proof.NONE, "")


def _matches(presented: bytes, password: str, key: PasswordKey | None) -> bool:
    if key is None:
        return wallbox_password_matches(presented, password)
    return key.matches(presented, password)


def _wrong_password(entry: DirectoryEntry) -> str:
    if entry.key is None or entry.key.made(entry.password):
        return "The password that the wallbox sent is wrong."
    return (
        "The password of the wallbox cannot be checked any more: the key under which it was kept "
        "is lost. Write the password in the site file again."
    )


def _agree(
    offered: tuple[str, ...], entry: DirectoryEntry, proof: Proof, supported: Sequence[str]
) -> Admitted | EmptyUpgrade:
    chosen = choose_subprotocol(offered, supported)
    if chosen is None and not offered and entry.assume_ocpp16:
        chosen = OCPP16
    if chosen is not None:
        return Admitted(entry.station_id, chosen, proof=proof)
    names = ", ".join(offered)[:_LONGEST_OFFER] or "no subprotocol at all"
    spoken = ", ".join(supported)
    return EmptyUpgrade(
        entry.station_id, f"The wallbox offered {names}; Wattgate speaks {spoken} with it."
    )
