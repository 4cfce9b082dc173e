"""Which of what was brought can be used, and every reason why not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from wattgate.adapters.certificates.bundle import Bundle
from wattgate.adapters.certificates.facts import common_name, is_self_signed, is_signed_by
from wattgate.adapters.certificates.keys import (
    OwnKey,
    as_own,
    as_own_public,
    describe,
    public_der,
    weakness,
)
from wattgate.core.errors import ConfigError, Problem

_BROKEN_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1"}
_TIME: Final = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its key, and the intermediate certificates to be sent along."""

    key: OwnKey = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def identity_in(bundle: Bundle, keys_here: Iterable[OwnKey], now: datetime) -> Identity:
    """Find the certificate that a private key belongs to.

    `keys_here` count where none was brought: of a request, or of the certificate before.

    Raises:
        ConfigError: there is none that could be used now.
    """
    problems = list(bundle.problems)
    keys: Sequence[PrivateKeyTypes] = bundle.keys or _fitting(keys_here, bundle.certificates)
    leaf = _leaf(keys, bundle.certificates)
    problems += _problems_of_pair(keys, leaf, bundle)
    judged = leaf or next(iter(bundle.certificates), None)
    if judged is not None:
        problems += problems_of_own(judged, now)
    key = as_own(keys[0]) if keys else None
    if problems or leaf is None or key is None:
        raise ConfigError(problems)
    return Identity(key, leaf, chain_of(leaf, bundle.certificates))


def authorities_in(bundle: Bundle, now: datetime) -> tuple[x509.Certificate, ...]:
    """Every certificate in it, to be believed.

    Raises:
        ConfigError: there is none, or one is of no use.
    """
    problems = list(bundle.problems)
    if not bundle.certificates and not problems:
        problems.append(Problem("certificate", "is missing: there is none in what was given"))
    for certificate in bundle.certificates:
        problems += lifetime_problems(certificate, now)
        problems += _weak_key(certificate)
    if problems:
        raise ConfigError(problems)
    return tuple(bundle.certificates)


def chain_of(
    leaf: x509.Certificate, certificates: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Who signed it, who signed that one …; without the root, which the other end has to know."""
    others = [each for each in certificates if each != leaf and not is_self_signed(each)]
    chain = [leaf]
    while issuer := _issuer(chain[-1], others):
        others.remove(issuer)
        chain.append(issuer)
    return tuple(chain[1:])


def strangers(
    identity: Identity, certificates: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Those that have no part in an identity's chain; a root never has."""
    part = {identity.certificate, *identity.chain}
    return tuple(each for each in certificates if each not in part and not is_self_signed(each))


def problems_of_own(certificate: x509.Certificate, now: datetime) -> Iterator[Problem]:
    """Everything that keeps a certificate from being shown in TLS."""
    yield from lifetime_problems(certificate, now)
    yield from _weak_key(certificate)
    if as_own_public(certificate.public_key()) is None:
        kind = describe(certificate.public_key())
        yield Problem(
            _place(certificate), f"its key is of kind {kind}; wallboxes know RSA and ECDSA"
        )
    algorithm = certificate.signature_hash_algorithm
    broken = _BROKEN_HASHES.get(algorithm.name) if algorithm else None
    if broken and not is_self_signed(certificate):
        yield Problem(_place(certificate), f"is signed with {broken}, which can be forged")


def lifetime_problems(certificate: x509.Certificate, now: datetime) -> Iterator[Problem]:
    """Whether it counts now."""
    if now > certificate.not_valid_after_utc:
        since = certificate.not_valid_after_utc.strftime(_TIME)
        yield Problem(_place(certificate), f"has expired: it was valid until {since}")
    if now < certificate.not_valid_before_utc:
        start = certificate.not_valid_before_utc.strftime(_TIME)
        yield Problem(
            _place(certificate),
            f"is not valid yet: it is from {start}, and this machine's clock says "
            f"{now.strftime(_TIME)}",
        )


def _weak_key(certificate: x509.Certificate) -> Iterator[Problem]:
    if reason := weakness(certificate.public_key()):
        yield Problem(_place(certificate), reason)


def _place(certificate: x509.Certificate) -> str:
    name = common_name(certificate.subject)
    return f'certificate "{name}"' if name else "certificate"


def _issuer(
    certificate: x509.Certificate, others: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    return next((each for each in others if is_signed_by(certificate, each)), None)


def _fitting(
    keys_here: Iterable[OwnKey], certificates: Iterable[x509.Certificate]
) -> Sequence[OwnKey]:
    wanted = {public_der(certificate.public_key()) for certificate in certificates}
    return [key for key in keys_here if public_der(key.public_key()) in wanted][:1]


def _leaf(
    keys: Iterable[PrivateKeyTypes], certificates: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """The newest certificate of the first key that has one."""
    for key in keys:
        public = public_der(key.public_key())
        found = [each for each in certificates if public_der(each.public_key()) == public]
        if found:
            return max(found, key=lambda each: each.not_valid_after_utc)
    return None


def _problems_of_pair(
    keys: Sequence[PrivateKeyTypes], leaf: x509.Certificate | None, bundle: Bundle
) -> Iterator[Problem]:
    """What is missing; without it where something could not be read, which may be just that."""
    if len(keys) > 1:
        yield Problem("private key", f"there are {len(keys)} of them; only one can be used")
    if bundle.problems:
        return
    if not bundle.certificates:
        yield Problem("certificate", "is missing: there is none in what was given")
    if not keys:
        yield Problem("private key", "is missing: there is none in what was given")
    if keys and bundle.certificates and leaf is None:
        yield Problem(
            "private key", "does not match: none of the certificates was made for this key"
        )
