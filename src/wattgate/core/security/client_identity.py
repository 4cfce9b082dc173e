"""Whether a client certificate belongs to the wallbox that shows it (R35, P25).

A certificate that somebody we trust has signed says only that it is one of the wallboxes. Whose it
is its CN says: the ChargeBox ID, or, as the standard wants it, the serial number. The latter is
known from the boot notifications, which come after the handshake; so where nothing is known yet
the first one decides, and from then on that name is remembered: the certificate of another wallbox
does not get in by a boot notification that lies. Nor does one with a name by which another wallbox
of the site is known already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from wattgate.core.security.certificates import CertificateFacts
from wattgate.core.site.choices import CertificateName


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that a client showed and TLS found to be signed by somebody we trust."""

    facts: CertificateFacts
    is_revoked: bool = False
    """Whether our own authority has taken it back."""
    is_expired: bool = False
    """TLS looks at that in a full handshake only, not where a session of TLS 1.2 is resumed, which
    it may be for hours (RFC 5246 F.1.4)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The wallbox whose certificate it must be, and what is known of it.

    `serials` are those it has booted with, `remembered` the name in the certificate with which it
    was last let in ("" for none).
    """

    station_id: str
    rule: CertificateName = CertificateName.ID_OR_SERIAL
    serials: tuple[str, ...] = ()
    remembered: str = ""


@dataclass(frozen=True, slots=True)
class ItsOwn:
    """It is the wallbox's. `name` is to be remembered; "" for none."""

    name: str


@dataclass(frozen=True, slots=True)
class BootDecides:
    """Nothing to compare `name` with is known yet: the first boot notification tells."""

    name: str


@dataclass(frozen=True, slots=True)
class SomebodyElses:
    """It does not belong to the wallbox; says why in a sentence."""

    reason: str


Verdict = ItsOwn | BootDecides | SomebodyElses

_WANTED: Final[Mapping[CertificateName, str]] = MappingProxyType(
    {
        CertificateName.ID: "its ChargeBox ID",
        CertificateName.SERIAL: "its serial number",
        CertificateName.ID_OR_SERIAL: "its ChargeBox ID or its serial number",
    }
)


def judge(facts: CertificateFacts, holder: Holder) -> Verdict:
    """Decide what the handshake alone can tell."""
    name = facts.common_name.strip()
    if holder.rule is CertificateName.ANY:
        return ItsOwn("")
    known = _known_names(holder)
    if fits(name, known):
        return ItsOwn(name)
    may_be_serial = holder.rule is not CertificateName.ID
    if name and may_be_serial and not holder.serials and not holder.remembered:
        return BootDecides(name)
    return SomebodyElses(_words(name, holder, known))


def anothers(name: str, owner_id: str) -> SomebodyElses:
    """Say that the name is that of another wallbox of the site."""
    return SomebodyElses(
        f"The client certificate of the wallbox names {name!r}, which is wallbox {owner_id!r}; if "
        "it was moved, set certificate_name to any until it has booted."
    )


def fits(name: str, names: Iterable[str]) -> bool:
    """Whether a certificate's name is one of these, in whatever case; an empty one fits none."""
    folded = name.strip().casefold()
    return bool(folded) and folded in {each.strip().casefold() for each in names}


def boot_mismatch(name: str, serials: Iterable[str]) -> str | None:
    """What is wrong with the first boot of a wallbox that came with this name; None if nothing."""
    told = tuple(serials)
    if fits(name, told):
        return None
    said = " and ".join(repr(each) for each in told) or "no serial number"
    return (
        f"The client certificate of the wallbox is that of {name!r}, "
        f"but it booted with {said} (setting certificate_name)."
    )


def _known_names(holder: Holder) -> tuple[str, ...]:
    """Under the rule `serial` a name that was remembered as the id counts no more."""
    match holder.rule:
        case CertificateName.ID:
            return (holder.station_id,)
        case CertificateName.SERIAL:
            was_id = fits(holder.remembered, (holder.station_id,))
            return holder.serials if was_id else (*holder.serials, holder.remembered)
        case _:
            return (holder.station_id, *holder.serials, holder.remembered)


def _words(name: str, holder: Holder, known: tuple[str, ...]) -> str:
    if not name:
        return "The client certificate of the wallbox names nobody: it has no CN."
    expected = " or ".join(dict.fromkeys(repr(each) for each in known if each))
    return (
        f"The client certificate of the wallbox names {name!r}, and not {_WANTED[holder.rule]}"
        + (f" ({expected})" if expected else "")
        + "; if the wallbox was replaced, set certificate_name to any until it has booted."
    )
