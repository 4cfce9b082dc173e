"""`wattgate cert wallbox`: certificates of wallboxes, told to them over OCPP."""

from __future__ import annotations

from typing import Annotated

import typer

from wattgate.cli.evse import LOCAL, Ca, Json, Password, Url, run_command

wallbox_certificates = typer.Typer(
    help="Certificates of wallboxes, told to them over OCPP by a running manager.",
    no_args_is_help=True,
)

StationId = Annotated[str, typer.Argument(help="ChargeBox ID of the wallbox.", metavar="ID")]


@wallbox_certificates.command("list")
def list_trusted(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Show which authorities a wallbox trusts.

    Exit status of all these commands: 0 done, 1 it did not work, 2 misused.
    """
    from wattgate.cli.wallbox_certificates_run import list_trusted

    run_command(url, ca, password, lambda api: list_trusted(api, id, as_json=json))


@wallbox_certificates.command()
def trust(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Let a wallbox trust the authority that is built in.

    From then on most wallboxes connect to nobody else: the server's certificate must be one of
    that authority first.
    """
    from wattgate.cli.wallbox_certificates_run import tell

    run_command(url, ca, password, lambda api: tell(api, id, "trust", as_json=json))


@wallbox_certificates.command()
def renew(
    id: StationId, url: Url = LOCAL, ca: Ca = "", password: Password = "", json: Json = False
) -> None:
    """Have a wallbox make a key and ask for a certificate, which our authority signs."""
    from wattgate.cli.wallbox_certificates_run import tell

    run_command(url, ca, password, lambda api: tell(api, id, "renew", as_json=json))


@wallbox_certificates.command()
def distrust(
    id: StationId,
    algorithm: Annotated[str, typer.Argument(help="As `list` shows it.")],
    name_hash: Annotated[str, typer.Argument(help="As `list` shows it.")],
    key_hash: Annotated[str, typer.Argument(help="As `list` shows it.")],
    serial_number: Annotated[str, typer.Argument(help="As `list` shows it.")],
    url: Url = LOCAL,
    ca: Ca = "",
    password: Password = "",
    json: Json = False,
) -> None:
    """Let a wallbox trust an authority no more."""
    from wattgate.cli.wallbox_certificates_run import Trusted, distrust

    authority = Trusted(algorithm, name_hash, key_hash, serial_number)
    run_command(url, ca, password, lambda api: distrust(api, id, authority, as_json=json))
