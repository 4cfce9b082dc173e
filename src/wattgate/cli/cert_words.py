"""Certificates in words. What others wrote into them cannot steer the terminal."""

from collections.abc import Iterator, Sequence

from wattgate.adapters.web.certificate_dto import (
    Authority,
    CertificateDetails,
    CertificateSet,
    HeldCertificate,
    IssuedCertificate,
)
from wattgate.cli.evse_words import plain
from wattgate.core.security.certificates import SERVER_SET


def everything(
    sets: Sequence[CertificateSet], authority: Authority, issued: Sequence[IssuedCertificate]
) -> Iterator[str]:
    """All that there is, by place."""
    for each in sets:
        yield from set_in_words(each)
    yield "built-in authority"
    if authority.certificate is None:
        yield "  none yet: `wattgate cert ca` makes it"
    else:
        yield from _lines("authority", authority.certificate, "", authority.warning)
    for entry in issued:
        state = "revoked" if entry.is_revoked else ""
        yield from _lines(entry.purpose, entry, state, entry.warning)


def set_in_words(held: CertificateSet) -> Iterator[str]:
    """A set: for whom it is, and what it holds."""
    yield plain(f"{held.name}: {_use(held)}")
    if not held.certificates:
        yield "  nothing: the backend is not verified unless `system_roots` says so"
    for each in held.certificates:
        yield from held_in_words(each)


def held_in_words(each: HeldCertificate) -> Iterator[str]:
    """A certificate of a set."""
    yield from _lines(each.role, each, each.origin, each.warning)
    for link in each.chain:
        yield from _lines("  with", link, "", None)


def details(of: CertificateDetails) -> Iterator[str]:
    """All that stands in a certificate, a fact per line."""
    facts = {
        "subject": of.subject,
        "issuer": of.issuer,
        "names": ", ".join(of.names),
        "valid from": f"{of.not_before:%Y-%m-%d %H:%M} UTC",
        "valid to": f"{of.not_after:%Y-%m-%d %H:%M} UTC ({ends(of)})",
        "serial number": of.serial_number,
        "sha256": of.fingerprint,
        "key": of.key,
        "version": f"{of.version}",
        "kind": _kind(of),
    }
    width = max(map(len, facts))
    yield from (plain(f"  {name:{width}}  {words}") for name, words in facts.items() if words)


def ends(of: CertificateDetails) -> str:
    """When it ends, in days."""
    if of.days_left < 0:
        return f"expired on {of.not_after:%Y-%m-%d}"
    return f"{of.days_left} {'day' if of.days_left == 1 else 'days'} left"


def _use(held: CertificateSet) -> str:
    if held.name == SERVER_SET:
        return "what wallboxes and browsers see; its authorities may vouch for wallboxes"
    if held.used_by:
        return f"for the backend of {', '.join(held.used_by)}"
    return "no gateway uses it"


def _lines(kind: str, of: CertificateDetails, state: str, warning: str | None) -> Iterator[str]:
    words = ", ".join(part for part in (of.key, state, ends(of)) if part)
    yield plain(f"  {kind:9} {of.common_name or of.subject}: {words}")
    yield f"  {'':9} id {of.id}  sha256 {of.fingerprint}"
    if warning is not None:
        yield plain(f"  {'':9} ! {warning}")


def _kind(of: CertificateDetails) -> str:
    kinds = ("authority" * of.is_authority, "self-signed" * of.is_self_signed)
    return ", ".join(kind for kind in kinds if kind)
