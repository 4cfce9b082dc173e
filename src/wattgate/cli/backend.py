"""`wattgate backend`: a small real OCPP 1.6 backend for trying things out."""

from pathlib import Path
from typing import Annotated

import typer


def backend(
    port: Annotated[str, typer.Option(metavar="PORT", help="0 takes a free one.")] = "9000",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    password: Annotated[str, typer.Option(help="Common to all charge points; empty: none.")] = "",
    id_password: Annotated[
        list[str] | None, typer.Option(metavar="ID=PASSWORD", help="Own password; repeatable.")
    ] = None,
    known: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Refuse all others; repeatable.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A card it accepts; repeatable.")
    ] = None,
    accept_all: Annotated[
        bool | None,
        typer.Option(
            "--accept-all/--no-accept-all",
            help="Accept cards that are not listed; the default unless --tag is given.",
        ),
    ] = None,
    vendor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VENDOR[=DATA]",
            help="Accept DataTransfer of this vendor, answer DATA, refuse others; repeatable.",
        ),
    ] = None,
    first_transaction_id: Annotated[str, typer.Option(metavar="N")] = "5000",
    dedupe: Annotated[
        bool, typer.Option("--dedupe/--no-dedupe", help="Recognise repeated transactions.")
    ] = True,
    require_boot: Annotated[
        bool, typer.Option("--require-boot", help="Every connection must begin with a Boot.")
    ] = False,
    interval: Annotated[str, typer.Option(metavar="S", help="Heartbeat interval.")] = "300",
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Remember across restarts.")
    ] = None,
    tls: Annotated[
        str,
        typer.Option(
            metavar="off|detect|on",
            help="Speak TLS: on the same port as plain (detect), or alone; by default as "
            "--certificate says.",
        ),
    ] = "",
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Shown to charge points, PEM or PKCS#12; else a fresh one is made."
        ),
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(
            "--private-key",
            metavar="FILE",
            help="Its key; the passphrase of one that is encrypted is asked for, or in "
            "WATTGATE_PASSPHRASE.",
        ),
    ] = None,
    client_ca: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Let in only whom this certificate vouches for, or whose own it is; repeatable.",
        ),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Sign certificates of charge points; made there the first time."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
    frames: Annotated[bool, typer.Option("--frames", help="Print every frame too.")] = False,
) -> None:
    """Run a small OCPP 1.6 backend; takes commands as lines on stdin, `help` lists them."""
    from wattgate.adapters.clock import SystemClock
    from wattgate.cli.backend_options import RawOptions, read_options
    from wattgate.cli.backend_run import run_backend
    from wattgate.cli.backend_tls import ServerTls
    from wattgate.core.errors import ConfigError

    raw = RawOptions(
        host=host,
        port=port,
        password=password,
        id_passwords=id_password or (),
        known=known or (),
        tags=tag or (),
        accept_all=accept_all,
        vendors=vendor or (),
        first_transaction_id=first_transaction_id,
        dedupe=dedupe,
        require_boot=require_boot,
        interval=interval,
        state=state,
        tls=ServerTls(tls, certificate, private_key, tuple(client_ca or ())),
        authority=authority,
    )
    try:
        options = read_options(raw, SystemClock().wall())
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    trouble = run_backend(options, as_json=as_json, frames=frames)
    if trouble is not None:
        typer.echo(trouble, err=True)
        raise typer.Exit(1)
