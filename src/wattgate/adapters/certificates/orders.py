"""What the built-in authority is asked for, and every reason to refuse it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from wattgate.adapters.certificates.facts import UNREADABLE, common_name
from wattgate.adapters.certificates.judging import lifetime_problems
from wattgate.adapters.certificates.keys import OwnPublicKey, as_own_public, describe, weakness
from wattgate.adapters.certificates.pem import blocks
from wattgate.core.errors import ConfigError, LocalUsageError, Problem
from wattgate.core.security.host_names import is_host

DAYS: Final = range(1, 36_501)
"""How long a certificate may count: up to a hundred years."""

_LONGEST_NAME_B: Final = 64
"""RFC 5280, upper bounds of CN and O; the library counts bytes of UTF-8."""

_MISSING: Final = Problem("authority", "is missing: it has to be made first")


def refuse(*judgements: Iterable[Problem]) -> None:
    """Raise ConfigError with everything that was found, if anything was."""
    problems = [problem for judgement in judgements for problem in judgement]
    if problems:
        raise ConfigError(problems)


def check_name(name: str) -> Iterator[Problem]:
    """Judge the name of whoever gets a certificate."""
    yield from _name_problems("name", name)


def check_organisation(name: str) -> Iterator[Problem]:
    """Judge the name of an organisation; it may be left out."""
    if name:
        yield from _name_problems("organisation", name)


def check_days(days: int) -> Iterator[Problem]:
    """Judge how long a certificate is to count."""
    if days not in DAYS:
        yield Problem("days", f"is {days}; it must be from {DAYS[0]} to {DAYS[-1]}")


def check_authority(authority: x509.Certificate | None, now: datetime) -> Iterator[Problem]:
    """See whether there is one that can sign."""
    if authority is None:
        yield _MISSING
    else:
        yield from lifetime_problems(authority, now)


def check_subject(authority: x509.Certificate, subject: x509.Name) -> Iterator[Problem]:
    """Refuse the authority's own name: OpenSSL takes such a certificate for self-signed (P26)."""
    if subject == authority.subject:
        yield Problem("name", "is the authority's own; whoever has it cannot be verified")


def check_hosts(names: Sequence[str]) -> Iterator[Problem]:
    """Judge the names of a server."""
    if not names:
        yield Problem("names", "are missing: a server is found by a host name or an address")
    for name in names:
        if not is_host(name):
            yield Problem("names", f'"{name}" is neither a host name nor an address')


def read_request(data: bytes) -> x509.CertificateSigningRequest:
    """Read a signing request, PEM or DER.

    Raises:
        ConfigError: it is none.
    """
    found = [block for block in blocks(data) if block.label.endswith("CERTIFICATE REQUEST")]
    try:
        request = x509.load_der_x509_csr(found[0].der if found else data)
        common_name(request.subject)
    except UNREADABLE:
        raise ConfigError([Problem("request", "cannot be read: it is no PKCS#10")]) from None
    return request


def key_to_sign(
    request: x509.CertificateSigningRequest, common_names: Sequence[str]
) -> OwnPublicKey:
    """The key of a request, if that and whoever is named are good.

    What it asks for beyond a name and a key does not count: the authority decides about that.

    Raises:
        ConfigError: `common_names` are given, and its CN is none of them; or the key is no good.
    """
    key = as_own_public(request.public_key())
    refuse(_key_problems(request), _cn_problems(request.subject, common_names))
    if key is None:
        raise LocalUsageError("a key of no known kind was found good")
    return key


def _key_problems(request: x509.CertificateSigningRequest) -> Iterator[Problem]:
    key = request.public_key()
    if not request.is_signature_valid:
        yield Problem("request", "has a wrong signature: whoever made it does not have the key")
    if as_own_public(key) is None:
        yield Problem("request", f"its key is of kind {describe(key)}, not RSA or ECDSA")
    if reason := weakness(key):
        yield Problem("request", reason)


def _cn_problems(subject: x509.Name, expected: Sequence[str]) -> Iterator[Problem]:
    if len(subject.get_attributes_for_oid(NameOID.COMMON_NAME)) > 1:
        yield Problem("request", "names more than one CN")
    name = common_name(subject)
    yield from _name_problems("request", name, "its CN ")
    if expected and name.casefold() not in map(str.casefold, expected):
        wanted = " or ".join(f'"{each}"' for each in expected)
        yield Problem("request", f'its CN is "{name}", not {wanted}')


def _name_problems(path: str, name: str, what: str = "") -> Iterator[Problem]:
    if not name.strip():
        yield Problem(path, f"{what}is missing")
    elif not name.isprintable():
        yield Problem(path, f"{what}has a control character")
    elif len(name.encode()) > _LONGEST_NAME_B:
        yield Problem(
            path,
            f"{what}is longer than {_LONGEST_NAME_B} characters (an umlaut counts as two)",
        )
