"""Settings of passing files between wallboxes and backends."""

from dataclasses import dataclass, field

from wattgate.core.site.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRelaySettings:
    """How firmware and diagnostics pass through for wallboxes with `file_relay` (R87)."""

    host: str = field(
        default="0.0.0.0",  # noqa: S104 - wallboxes come from the whole local network
        metadata=setting(
            "Address that wallboxes fetch and bring files at; it is listened on once a wallbox "
            "has `file_relay`",
            at_most=255,
        ),
    )
    port: int = field(
        default=19522,
        metadata=setting(
            "TCP port for it, plain and TLS; 0 takes any free one", at_least=0, at_most=65535
        ),
    )
    url: str = field(
        default="",
        metadata=setting(
            "How wallboxes reach that port, where it is not the address of this machine in their "
            "network: `http://192.0.2.1:8080/` or `https://…`. Files are then given to whoever "
            "has the secret address, as nobody knows by which way a wallbox comes",
            at_most=255,
        ),
    )
    max_mb: int = field(
        default=256,
        metadata=setting("How large a file may be", unit="MiB", at_least=1, at_most=4096),
    )
    lifetime_h: int = field(
        default=24,
        metadata=setting(
            "For how long a wallbox may fetch or bring a file that a backend asked for, and for "
            "how long a file is tried to be delivered to the backend",
            unit="h",
            at_least=1,
            at_most=720,
        ),
    )
    private_targets: bool = field(
        default=False,
        metadata=setting(
            "true: a backend may name file servers in the local network, and on this machine. "
            "Otherwise only its own address may be there; what is elsewhere is left to the wallbox"
        ),
    )
