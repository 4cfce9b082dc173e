"""What the commands of `wattgate cert` do; each returns its exit status."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer

from wattgate.adapters.web.certificate_dto import (
    Authority,
    AuthorityWish,
    CertificateDetails,
    CertificateSet,
    ClientWish,
    Import,
    IssuedCertificate,
    NewCertificate,
    ServerWish,
    SigningWish,
)
from wattgate.cli.cert_desk import Desk
from wattgate.cli.cert_files import OPEN, SECRET, Outputs, contents, is_der, is_pkcs12
from wattgate.cli.cert_words import details, everything, held_in_words, set_in_words
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_run import say_json
from wattgate.cli.evse_words import plain
from wattgate.cli.passphrases import new_passphrase, unlocked
from wattgate.core.security.certificates import SERVER_SET, KeyKind


@dataclass(frozen=True, slots=True)
class Where:
    """Which set is meant: by its name, or by an EVSE whose gateway uses it."""

    name: str = ""
    evse: str = ""

    def set_name(self, desk: Desk) -> str:
        """The set; that of the server where nothing was said. Raises MisuseError."""
        if self.name and self.evse:
            raise MisuseError("Say which set: --set or --evse, not both")
        if not self.evse:
            return self.name or SERVER_SET
        sets = desk.sets()
        its_own = [each.name for each in sets if self.evse in each.used_by]
        if len(its_own) == 1:
            return its_own[0]
        if its_own:
            names = ", ".join(its_own)
            raise MisuseError(
                plain(f"The backends of {self.evse} use several sets; say one: --set {names}")
            )
        known = ", ".join(dict.fromkeys(evse for each in sets for evse in each.used_by))
        raise MisuseError(
            plain(
                f"No EVSE with a backend has the id {self.evse}; there are: {known or 'none'}. "
                "--set names the set of one that is still to come"
            )
        )


class _Everything(msgspec.Struct, frozen=True):
    sets: tuple[CertificateSet, ...]
    authority: Authority
    issued: tuple[IssuedCertificate, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """Where a new certificate goes: `certificate` with its key, unless `key` is a file of its own.

    A certificate file that ends in .p12 or .pfx is PKCS#12, any other PEM.
    """

    certificate: Path
    key: Path | None
    force: bool

    @property
    def is_packed(self) -> bool:
        """Whether it is one file under a passphrase."""
        return is_pkcs12(self.certificate)

    def outputs(self) -> Outputs:
        """What is written."""
        return Outputs(tuple(filter(None, (self.certificate, self.key))), self.force)

    def check(self) -> None:
        """Refuse, before anything is done, what could not be written; raises MisuseError."""
        wrong = list(self.outputs().problems())
        if self.is_packed and self.key is not None:
            wrong.append(f"--private-key {self.key}: {self.certificate} holds the key already")
        refuse(wrong)


def show(desk: Desk, where: Where, *, as_json: bool) -> int:
    """All certificates, or those of one set."""
    if where.name or where.evse:
        name = where.set_name(desk)
        chosen = next((each for each in desk.sets() if each.name == name), None)
        if chosen is None:
            raise MisuseError(plain(f"No set has the name {name}"))
        _say(chosen, set_in_words(chosen), as_json=as_json)
        return 0
    found = _Everything(desk.sets(), desk.authority(), desk.issued())
    _say(found, everything(found.sets, found.authority, found.issued), as_json=as_json)
    return 0


def show_one(desk: Desk, certificate_id: str, out: Path | None, *, force: bool) -> int:
    """All about one certificate; into a file as PEM, if asked for."""
    wanted = id_of(certificate_id)
    outputs = Outputs((out,) if out else (), force)
    refuse(list(outputs.problems()))
    for held in desk.sets():
        for each in held.certificates:
            if each.id == wanted:
                _say_details(f"{each.role} in {held.name}, {each.origin}", each)
                if out is not None:
                    outputs.write(out, desk.pem(held.name, each.id).encode(), OPEN)
                    _wrote(out)
                return 0
    for entry in desk.issued():
        if entry.id == wanted:
            if out is not None:
                raise MisuseError("What was issued is told once: only what a set holds has a file")
            _say_details(f"issued, {entry.purpose}{', revoked' * entry.is_revoked}", entry)
            return 0
    raise MisuseError(f"There is no certificate {plain(certificate_id)}")


def authority(desk: Desk, wish: AuthorityWish, out: Path | None, *, force: bool) -> int:
    """Make the authority where there is none, and write its certificate into a file."""
    outputs = Outputs((out,) if out else (), force)
    refuse(list(outputs.problems()))
    found = desk.authority()
    if found.certificate is None:
        found = desk.create_authority(wish)
        typer.echo("The authority was made. Wallboxes are believed that show what it signs.")
    else:
        typer.echo("There is an authority already; it stays as it is.")
    if found.certificate is not None:
        _say_details("built-in authority", found.certificate)
    if out is not None:
        text = desk.authority_pem()
        outputs.write(out, _as_der(text) if is_der(out) else text.encode(), OPEN)
        _wrote(out)
    return 0


def server(desk: Desk, names: Sequence[str], days: int, key: KeyKind, export: Export | None) -> int:
    """Issue for a server: into files, or for this one, which then uses it at once."""
    if export is None:
        wish = ServerWish(tuple(names) or _present_names(desk), days, key, install=True)
        made = desk.issue_server(wish)
        _say_details(f"issued for this server; {desk.effect}", made.certificate)
        return 0
    if not names:
        raise MisuseError("--name: say by which host names or addresses the server is reached")
    export.check()
    passphrase = _passphrase_for(export)
    wish = ServerWish(tuple(names), days, key, passphrase=passphrase)
    return _export(desk.issue_server(wish), export)


def client(desk: Desk, wish: ClientWish, export: Export) -> int:
    """Issue for a wallbox, into files."""
    export.check()
    wish = msgspec.structs.replace(wish, passphrase=_passphrase_for(export))
    return _export(desk.issue_client(wish), export)


def sign(desk: Desk, request: Path, common_name: str, days: int, out: Path, *, force: bool) -> int:
    """Sign a request from a file."""
    outputs = Outputs((out,), force)
    refuse(list(outputs.problems()))
    (content,) = contents((request,))
    made = desk.sign(SigningWish(content, days, common_name or None))
    _say_details("issued, client", made.certificate)
    outputs.write(out, made.certificate_pem.encode(), OPEN)
    _wrote(out)
    return 0


def import_own(desk: Desk, where: Where, files: Sequence[Path]) -> int:
    """Import an own certificate; ask for the passphrase of its key if there is one."""
    parts, name = contents(files), where.set_name(desk)
    held = unlocked(lambda passphrase: desk.import_own(name, Import(parts, passphrase)))
    typer.echo(plain(f"Imported into {name}; {desk.effect}:"))
    for each in held:
        _lines(held_in_words(each))
    return 0


def import_authorities(desk: Desk, where: Where, files: Sequence[Path]) -> int:
    """Import authorities, or certificates that are believed themselves."""
    parts, name = contents(files), where.set_name(desk)
    held = unlocked(
        lambda passphrase: desk.import_authorities(name, Import(parts, passphrase)), "The file"
    )
    typer.echo(plain(f"Believed by {name}; {desk.effect}:"))
    for each in held:
        _lines(held_in_words(each))
    return 0


def remove(desk: Desk, where: Where, certificate_id: str) -> int:
    """Remove a certificate from a set."""
    name = where.set_name(desk)
    desk.remove(name, id_of(certificate_id))
    typer.echo(plain(f"Removed from {name}; {desk.effect}."))
    return 0


def revoke(desk: Desk, certificate_id: str) -> int:
    """Revoke what the authority has issued."""
    entry = desk.revoke(id_of(certificate_id))
    _say_details(f"revoked, {entry.purpose}", entry)
    return 0


def id_of(text: str) -> str:
    """The id of a certificate, also where somebody gives its whole fingerprint."""
    return text.replace(":", "").lower()[:16]


def refuse(wrong: Sequence[str]) -> None:
    """Raise MisuseError with everything that is wrong, if anything is."""
    if wrong:
        raise MisuseError("Nothing was done:\n  " + "\n  ".join(wrong))


def _export(made: NewCertificate, export: Export) -> int:
    outputs = export.outputs()
    if made.pkcs12 is not None:
        outputs.write(export.certificate, made.pkcs12, SECRET)
    elif export.key is not None:
        outputs.write(export.key, (made.key_pem or "").encode(), SECRET)
        outputs.write(export.certificate, made.certificate_pem.encode(), OPEN)
    else:
        both = (made.key_pem or "") + made.certificate_pem
        outputs.write(export.certificate, both.encode(), SECRET)
    _say_details(f"issued, {made.certificate.purpose}", made.certificate)
    for file in outputs.files:
        _wrote(file)
    return 0


def _passphrase_for(export: Export) -> str | None:
    return new_passphrase(export.certificate.name) if export.is_packed else None


def _present_names(desk: Desk) -> tuple[str, ...]:
    """By what the server is known now."""
    (server, *_) = desk.sets()
    own = (each.names for each in server.certificates if each.role == "own")
    return tuple(dict.fromkeys(name for names in own for name in names))


def _as_der(pem: str) -> bytes:
    import ssl

    return ssl.PEM_cert_to_DER_cert(pem)


def _say(found: msgspec.Struct, lines: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        say_json(msgspec.json.encode(found))
    else:
        _lines(lines)


def _say_details(what: str, of: CertificateDetails) -> None:
    typer.echo(plain(f"{of.id}: {what}"))
    _lines(details(of))


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _wrote(file: Path) -> None:
    typer.echo(f"Written: {file}", err=True)
