"""`wattgate cert`: certificates, and the authority that is built in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattgate.cli.run import DATA_DIR
from wattgate.core.security.certificates import KeyKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattgate.cli.cert_desk import Desk

cert = typer.Typer(
    help="Certificates for TLS, and the authority that is built in.",
    epilog="While a manager runs on the data folder, it is asked over its API and uses at once "
    "what it gets; its password is asked for, or WATTGATE_TOKEN or WATTGATE_ADMIN_PASSWORD says "
    "it. "
    "WATTGATE_PASSPHRASE takes the place of a passphrase typed at the terminal.",
    no_args_is_help=True,
)

Data = Annotated[
    Path, typer.Option(help="The manager's data folder.", metavar="DIR", envvar="WATTGATE_DATA")
]
Url = Annotated[
    str,
    typer.Option(
        "--url", help="API of a manager elsewhere, in place of the data folder.", metavar="URL"
    ),
]
Password = Annotated[
    str, typer.Option("--password", help="The admin password; better in the environment.")
]
Ca = Annotated[
    str,
    typer.Option(
        "--ca", help="Believe the certificates in this file over HTTPS (PEM).", metavar="FILE"
    ),
]
Set = Annotated[str, typer.Option("--set", help="Name of a set of certificates.", metavar="NAME")]
Evse = Annotated[
    str, typer.Option("--evse", help="The set that the gateway of this EVSE uses.", metavar="ID")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]
Json = Annotated[bool, typer.Option("--json", help="Print what the API answers.")]
Organisation = Annotated[str, typer.Option(help="O of its name.", metavar="TEXT")]
Id = Annotated[
    str, typer.Argument(help="Id or SHA-256 fingerprint, as `show` tells it.", metavar="ID")
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--private-key", help="Write the key into a file of its own.", metavar="FILE"),
]

Kind = Annotated[
    KeyKind,
    typer.Option("--kind", help="Kind of its key; rsa for wallboxes that know nothing else."),
]

_LASTS = 730


@cert.callback()
def _group() -> None:
    """Certificates for TLS, and the authority that is built in.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """


@cert.command()
def show(
    id: Annotated[str, typer.Argument(help="Only this one, in full.", metavar="[ID]")] = "",
    set: Set = "",
    evse: Evse = "",
    out: Annotated[
        Path | None, typer.Option(help="Write it as PEM, without its key.", metavar="FILE")
    ] = None,
    force: Force = False,
    json: Json = False,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """All certificates: whose they are, how long they last, their fingerprints."""
    from wattgate.cli.cert_run import Where, show, show_one

    if id:
        _at(data, url, password, trust, lambda desk: show_one(desk, id, out, force=force))
    else:
        _at(data, url, password, trust, lambda desk: show(desk, Where(set, evse), as_json=json))


@cert.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="PEM, DER or PKCS#12 files, in any order.", metavar="FILE..."),
    ],
    own: Annotated[
        bool, typer.Option("--own", help="A certificate of ours, with its key and chain.")
    ] = False,
    authority: Annotated[
        bool, typer.Option("--authority", help="Authorities, or certificates, to be believed.")
    ] = False,
    set: Set = "",
    evse: Evse = "",
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Import an own certificate (--own) or whom to believe (--authority).

    Without --set and --evse it is for the server: what wallboxes and browsers see, and who may
    vouch for wallboxes. If the key is encrypted, its passphrase is asked for.
    """
    from wattgate.cli.cert_run import Where, import_authorities, import_own

    if own == authority:
        _misused("Say what it is: --own or --authority")
    act = import_own if own else import_authorities
    _at(data, url, password, trust, lambda desk: act(desk, Where(set, evse), files))


@cert.command()
def remove(
    id: Id,
    set: Set = "",
    evse: Evse = "",
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Remove a certificate with its key from the server's set, or from another."""
    from wattgate.cli.cert_run import Where, remove

    _at(data, url, password, trust, lambda desk: remove(desk, Where(set, evse), id))


@cert.command()
def ca(
    name: Annotated[str, typer.Option(help="CN of its name.")] = "Wattgate authority",
    organisation: Organisation = "",
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=36_500)] = 3650,
    kind: Kind = KeyKind.ECDSA,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write its certificate for wallboxes: PEM, or DER if it ends in .cer or .der.",
            metavar="FILE",
        ),
    ] = None,
    force: Force = False,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Make the authority that is built in, once; write its certificate into a file."""
    from wattgate.adapters.web.certificate_dto import AuthorityWish
    from wattgate.cli.cert_run import authority

    wish = AuthorityWish(name, organisation, days, kind)
    _at(data, url, password, trust, lambda desk: authority(desk, wish, out, force=force))


@cert.command()
def server(
    name: Annotated[
        list[str] | None,
        typer.Option(help="Host name or address by which it is reached; may be repeated."),
    ] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=36_500)] = _LASTS,
    kind: Kind = KeyKind.ECDSA,
    install: Annotated[
        bool,
        typer.Option("--install", help="It is for this manager: use it at once, tell no key."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Certificate and key as PEM, or as PKCS#12 if it ends in .p12.", metavar="FILE"
        ),
    ] = None,
    key: KeyFile = None,
    force: Force = False,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Issue a certificate for a server; with --install for this manager.

    With --install there is one of each kind of key, as the OCPP security profiles want it; without
    --name they name what the present certificate does.
    """
    from wattgate.cli.cert_run import Export, server

    if install == (out is not None) or (install and key is not None):
        _misused("Say what becomes of it: --install, or --out FILE")
    export = Export(out, key, force) if out is not None else None
    _at(data, url, password, trust, lambda desk: server(desk, name or [], days, kind, export))


@cert.command()
def client(
    cn: Annotated[str, typer.Option("--cn", help="ChargeBox ID or serial number.", metavar="NAME")],
    out: Annotated[
        Path,
        typer.Option(
            help="Certificate and key as PEM, or as PKCS#12 if it ends in .p12.", metavar="FILE"
        ),
    ],
    key: KeyFile = None,
    organisation: Organisation = "",
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=36_500)] = _LASTS,
    kind: Kind = KeyKind.ECDSA,
    force: Force = False,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Issue a certificate for a wallbox (security profile 3)."""
    from wattgate.adapters.web.certificate_dto import ClientWish
    from wattgate.cli.cert_run import Export, client

    wish, export = ClientWish(cn, organisation, days, kind), Export(out, key, force)
    _at(data, url, password, trust, lambda desk: client(desk, wish, export))


@cert.command()
def csr(
    file: Annotated[Path, typer.Argument(help="The request: PEM or DER.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="Write the certificate as PEM.", metavar="FILE")],
    cn: Annotated[
        str, typer.Option("--cn", help="Refuse a request for anybody else.", metavar="NAME")
    ] = "",
    days: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=36_500)] = _LASTS,
    force: Force = False,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Sign the request of a wallbox that made its key itself."""
    from wattgate.cli.cert_run import sign

    _at(data, url, password, trust, lambda desk: sign(desk, file, cn, days, out, force=force))


@cert.command()
def revoke(
    id: Id,
    data: Data = DATA_DIR,
    url: Url = "",
    password: Password = "",
    trust: Ca = "",
) -> None:
    """Believe a certificate of the authority no more, from the next handshake on."""
    from wattgate.cli.cert_run import revoke

    _at(data, url, password, trust, lambda desk: revoke(desk, id))


def _misused(said: str) -> None:
    typer.echo(said, err=True)
    raise typer.Exit(2)


def _at(data: Path, url: str, password: str, trust: str, act: Callable[[Desk], int]) -> None:
    from wattgate.cli.cert_place import Place, at_desk

    raise typer.Exit(at_desk(Place(data, url, password, trust), act))
