"""The `wattgate` command: which commands there are.

A command's module imports what it runs inside its function, so that `--help` and `--version`
answer at once.
"""

from typing import Annotated

import typer

from wattgate.cli.backend import backend
from wattgate.cli.cert import cert
from wattgate.cli.check import check
from wattgate.cli.demo import demo
from wattgate.cli.evse import evse
from wattgate.cli.gateway import gateway
from wattgate.cli.key import key
from wattgate.cli.messages import messages
from wattgate.cli.modbus import modbus
from wattgate.cli.replay import replay
from wattgate.cli.run import run
from wattgate.cli.traffic import traffic
from wattgate.cli.transactions import transactions
from wattgate.cli.wallbox import wallbox
from wattgate.cli.wallbox_certificates import wallbox_certificates

app = typer.Typer(
    name="wattgate",
    help="EV charging manager and OCPP gateway.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its locals could show passwords
)
app.command()(backend)
cert.add_typer(wallbox_certificates, name="wallbox")
app.add_typer(cert, name="cert")
app.command()(check)
app.command()(demo)
app.add_typer(evse, name="evse")
app.add_typer(gateway, name="gateway")
app.add_typer(key, name="key")
app.add_typer(messages, name="messages")
app.add_typer(modbus, name="modbus")
app.command()(replay)
app.command()(run)
app.add_typer(transactions, name="transactions")
app.command()(traffic)
app.command()(wallbox)


def _say_version(wanted: bool) -> None:
    if wanted:
        from wattgate import __version__

        typer.echo(f"wattgate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """EV charging manager and OCPP gateway: one wallbox, two masters, both served truthfully."""


def main() -> None:
    """Run the command line; exit 0 where all is well, 1 where not, 2 where it is misused."""
    app()
