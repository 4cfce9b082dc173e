"""`wattgate wallbox`: a wallbox in software, on OCPP, on Modbus, or on both (a Power Brain)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _list_quirks(quirks: list[str] | None) -> list[str] | None:
    if "list" not in (quirks or ()):
        return quirks
    from wattgate.core.wallbox.quirks import DEVIATIONS

    for quirk, deviation in DEVIATIONS.items():
        typer.echo(f"{quirk:23} {deviation.does} ({deviation.source})")
    raise typer.Exit


def wallbox(
    id: Annotated[str, typer.Option(help="ChargeBox ID.")],
    backend: Annotated[
        str | None,
        typer.Option(
            help="URL of the central system; the ID is appended. Without it Modbus alone decides.",
            metavar="URL",
        ),
    ] = None,
    password: Annotated[
        str, typer.Option(help="Password; empty for none.", envvar="WATTGATE_WALLBOX_PASSWORD")
    ] = "",
    connectors: Annotated[int, typer.Option(help="Connectors, 1 or 2.")] = 1,
    connector_id: Annotated[
        int, typer.Option(help="What its first connector is called at the backend.", metavar="N")
    ] = 1,
    max_current: Annotated[float, typer.Option(help="What the wallbox carries, A per phase.")] = 16,
    phases: Annotated[int, typer.Option(help="Phases of the wallbox, 1 to 3.")] = 3,
    car_max_current: Annotated[float, typer.Option(help="What the car wants, A per phase.")] = 16,
    car_phases: Annotated[int, typer.Option(help="Phases of the car, 1 to 3.")] = 3,
    battery_kwh: Annotated[float, typer.Option(help="Capacity of the car's battery.")] = 40,
    soc: Annotated[float, typer.Option(help="State of charge at first, 0 to 1.")] = 0.5,
    taper_from: Annotated[
        float, typer.Option(help="State of charge from which the car wants less; 1 for never.")
    ] = 1,
    plug: Annotated[bool, typer.Option("--plug", help="Begin with the car plugged in.")] = False,
    asleep: Annotated[
        bool, typer.Option("--asleep", help="Begin with the plugged car asleep.")
    ] = False,
    rfid: Annotated[str, typer.Option(help="Begin with this card at the reader.")] = "",
    fixed_rfid: Annotated[
        str, typer.Option(help="No reader: this card counts whenever a car is plugged in.")
    ] = "",
    card_reader: Annotated[
        str,
        typer.Option(
            help="Reader on a serial line, one card per line or STX frame.",
            metavar="DEVICE[,9600,8N1]",
        ),
    ] = "",
    no_reader: Annotated[bool, typer.Option("--no-reader", help="Nobody can show a card.")] = False,
    modbus_port: Annotated[
        int | None,
        typer.Option(help="TCP port of its Modbus slave; 0 for a free one.", metavar="PORT"),
    ] = None,
    modbus_host: Annotated[
        str, typer.Option(help="Address of that port; empty for all of this machine.")
    ] = "127.0.0.1",
    modbus_serial: Annotated[
        str,
        typer.Option(help="Serial line of its Modbus slave.", metavar="DEVICE[,9600,8N1]"),
    ] = "",
    modbus_unit: Annotated[
        int, typer.Option(help="Its unit id on Modbus when it is new.", metavar="N")
    ] = 1,
    phase_pause: Annotated[
        float,
        typer.Option(
            help="How long charging pauses when a master switches phases; --speed shortens it.",
            metavar="SECONDS",
        ),
    ] = 120,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Where it keeps what outlives a restart: settings, cards, messages, its meter.",
            metavar="DIR",
        ),
    ] = None,
    sign: Annotated[
        bool,
        typer.Option("--sign", help="Sign its meter's readings, as OCMF, with a key of its own."),
    ] = False,
    api_port: Annotated[
        int | None,
        typer.Option(
            help="Loopback port for programs: GET /state, POST /card; 0 for a free one.",
            metavar="PORT",
        ),
    ] = None,
    meter_interval: Annotated[int, typer.Option(help="Seconds between samples; 0 for none.")] = 10,
    speed: Annotated[float, typer.Option(help="How much faster than the clock cars charge.")] = 1,
    boot_on_reconnect: Annotated[
        bool, typer.Option("--boot-on-reconnect", help="Boot on every new connection.")
    ] = False,
    echo_data: Annotated[
        bool, typer.Option("--echo-data", help="Accept vendor data and send it back.")
    ] = False,
    forget_profiles: Annotated[
        bool, typer.Option("--forget-profiles", help="The same as --quirk forgets-profiles.")
    ] = False,
    vendor: Annotated[str, typer.Option(help="Vendor that it boots with.")] = "Wattgate",
    model: Annotated[str, typer.Option(help="Model that it boots with.")] = "Software wallbox",
    firmware: Annotated[
        str | None, typer.Option(help="Firmware that it boots with; by default our version.")
    ] = None,
    quirk: Annotated[
        list[str] | None,
        typer.Option(
            help="Deviate as real wallboxes do; again for more; `list` shows all.",
            metavar="NAME",
            callback=_list_quirks,
            is_eager=True,
        ),
    ] = None,
    clock_offset: Annotated[
        float | None,
        typer.Option(
            help="How far its clock is ahead, negative behind; nobody sets it then.",
            metavar="SECONDS",
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="What a configuration key holds at first.", metavar="NAME=VALUE"),
    ] = None,
    security_profile: Annotated[
        int | None,
        typer.Option(
            help="Connect with this OCPP security profile, 0 to 3, and with nothing less.",
            metavar="N",
        ),
    ] = None,
    ca: Annotated[
        list[Path] | None,
        typer.Option(
            help="Who may vouch for the server: a root, or its own certificate; again for more.",
            metavar="FILE",
        ),
    ] = None,
    system_roots: Annotated[
        bool,
        typer.Option("--system-roots", help="The authorities of this machine may vouch for it."),
    ] = False,
    check_name: Annotated[
        bool,
        typer.Option("--check-name", help="Its certificate must name the host of the URL."),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Client certificate, PEM or PKCS#12, with or without its key."),
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(
            "--private-key",
            help="Its key; the passphrase of one that is encrypted is asked for, or in "
            "WATTGATE_PASSPHRASE.",
        ),
    ] = None,
    tls_max_version: Annotated[
        str, typer.Option(help="Newest TLS that it knows, e.g. 1.2.", metavar="VERSION")
    ] = "",
    ciphers: Annotated[
        str, typer.Option(help="The cipher suites that it knows, as OpenSSL writes them.")
    ] = "",
    keys_folder: Annotated[
        Path | None,
        typer.Option(
            help="Where it keeps certificates that it gets over OCPP; by default until it ends.",
            metavar="DIR",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
    frames: Annotated[bool, typer.Option("--frames", help="Print every frame.")] = False,
) -> None:
    """Run a software wallbox with a car; type `help` for what it can do.

    With --modbus-port or --modbus-serial a Modbus master decides as well: the lower limit counts.

    Exit status: 0 it was ended, 1 it failed, 2 an option is wrong.
    """
    from wattgate.cli.tls_options import ClientTls
    from wattgate.cli.wallbox_hardware import HardwareSetup
    from wattgate.cli.wallbox_run import prepare, run
    from wattgate.cli.wallbox_setup import Setup

    setup = Setup(
        station_id=id,
        url=backend or "",
        password=password,
        connectors=connectors,
        connector_id=connector_id,
        max_current_a=max_current,
        phases=phases,
        car_max_current_a=car_max_current,
        car_phases=car_phases,
        battery_kwh=battery_kwh,
        soc=soc,
        taper_from=taper_from,
        is_plugged=plug,
        id_tag=rfid,
        fixed_id_tag=fixed_rfid,
        meter_interval_s=meter_interval,
        speed=speed,
        boot_on_reconnect=boot_on_reconnect,
        echo_data=echo_data,
        vendor=vendor,
        model=model,
        firmware=firmware,
        quirks=(*(quirk or ()), *(("forgets-profiles",) if forget_profiles else ())),
        clock_offset_s=clock_offset,
        keys=tuple(key or ()),
        tls=ClientTls(
            authorities=tuple(ca or ()),
            system_roots=system_roots,
            check_name=check_name,
            certificate=certificate,
            key=private_key,
            profile=security_profile,
            newest=tls_max_version,
            ciphers=ciphers,
        ),
        keys_folder=keys_folder,
        hardware=HardwareSetup(
            modbus_port=modbus_port,
            modbus_host=modbus_host,
            modbus_serial=modbus_serial,
            modbus_unit=modbus_unit,
            switch_pause_s=phase_pause,
            data=data,
            card_reader=card_reader,
            has_reader=not no_reader,
            signs=sign,
            is_asleep=asleep,
            api_port=api_port,
        ),
        as_json=json,
        frames=frames,
    )
    tls, problems = prepare(setup)
    for problem in problems:
        typer.echo(problem, err=True)
    raise typer.Exit(2 if problems else run(setup, tls))
