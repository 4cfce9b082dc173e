"""Settings of the backends of an EVSE."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.choices import GatewayRole, NameCheck, OfflinePolicy, PasswordForm
from wattgate.core.site.settings import Secrecy, setting

_LONGEST_SET_NAME: Final = 100
"""Characters in the name of a set of certificates."""

_RIGHTS_BY_ROLE: Final[Mapping[GatewayRole, Rights]] = {
    GatewayRole.PRIMARY: Rights.ALL,
    GatewayRole.REPORT: Rights.READ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """One backend of an EVSE (P2-P4)."""

    url: str = field(
        metadata=setting(
            "`ws://` or `wss://`, with a host, and a port or a path where needed", at_most=2000
        )
    )
    client_id: str = field(
        default="",
        metadata=setting(
            "Identity shown to the backend; empty: the ChargeBox ID, or the `id` of an EVSE "
            "without OCPP. EVSEs of one wallbox, and those without OCPP, may share one: each is a "
            "connector of it then",
            at_most=255,
        ),
    )
    password: str = field(
        default="",
        repr=False,
        metadata=setting(
            "Password at the backend; empty: none is sent", at_most=255, secrecy=Secrecy.HIDDEN
        ),
    )
    key_form: PasswordForm = field(
        default=PasswordForm.TEXT,
        metadata=setting(
            "`text` sends the password as it is written; `hex` sends the bytes that its "
            "hexadecimal digits stand for"
        ),
    )
    certificates: str = field(
        default="",
        metadata=setting(
            "Name of the set of certificates that it uses with `wss://`; empty: one of its own, "
            "called as the EVSE is; with the role `report` also as the login, `stall-1-DE1@host`",
            at_most=100,
        ),
    )
    system_roots: bool = field(
        default=False,
        metadata=setting(
            "Whether the public authorities that this machine trusts may vouch for the backend; "
            "without them and without an authority in `certificates` the backend is not verified"
        ),
    )
    check_name: NameCheck = field(
        default=NameCheck.AUTO,
        metadata=setting(
            "Whether its certificate must name the host in the URL; `auto` asks for it where "
            "`system_roots` is true"
        ),
    )
    append_id: bool = field(
        default=True,
        metadata=setting(
            "The client id becomes the last part of the URL's path; false sends the URL exactly "
            "as written"
        ),
    )
    role: GatewayRole = field(
        default=GatewayRole.PRIMARY,
        metadata=setting(
            "`primary` authorises, bills and commands, and an EVSE has one at most; `report` hears "
            "everything, and its answers change nothing"
        ),
    )
    commands: Rights | None = field(
        default=None,
        metadata=setting(
            "What the backend may command: `all`; `read`, which changes nothing; `none`; or a list "
            'of actions, as `["RemoteStartTransaction", "Reset"]`; not said: `all` for a '
            "`primary`, `read` for a `report`"
        ),
    )
    offline_policy: OfflinePolicy = field(
        default=OfflinePolicy.HOLD,
        metadata=setting(
            "While the backend is away: `hold` keeps the wallbox and its messages, `drop` "
            "disconnects the wallbox, so that it keeps them itself; `drop` is for `observe` and "
            "for a wallbox with one EVSE and one backend"
        ),
    )

    boot_on_reconnect: bool = field(
        default=True,
        metadata=setting(
            "BootNotification is sent again whenever the connection was lost; false for a backend "
            "that takes it for a restart of the wallbox"
        ),
    )
    deliver_inferred: bool = field(
        default=False,
        metadata=setting(
            "The end of a transaction that the wallbox never told (`lost_stop_h`) is sent to the "
            "backend as well; false: it stays here"
        ),
    )

    map_cost_messages: bool = field(
        default=False,
        metadata=setting(
            "Transaction ids in DataTransfer of `org.openchargealliance.costmsg` (costs for the "
            "display) are replaced as in other messages; false: all data pass as they are"
        ),
    )

    def identity(self, charge_box_id: str) -> str:
        """Who the backend sees behind a wallbox of this ChargeBox ID."""
        return self.client_id or charge_box_id

    @property
    def secret(self) -> str | bytes:
        """The password as it is sent: its text, or the bytes that it stands for (R24)."""
        if self.key_form is PasswordForm.HEX:
            return bytes.fromhex(self.password)
        return self.password

    @property
    def rights(self) -> Rights:
        """What it may command: as `commands` says, or as goes with its role."""
        return _RIGHTS_BY_ROLE[self.role] if self.commands is None else self.commands

    def certificate_set(self, evse_id: str) -> str:
        """Name of the certificates that it uses, as the gateway of this EVSE.

        Of several backends without a name for them the primary alone has that of the EVSE.
        """
        if self.certificates or self.role is GatewayRole.PRIMARY:
            return self.certificates or evse_id
        place = _place_of(self.url)
        name = f"{evse_id}-{self.client_id}@{place}" if self.client_id else f"{evse_id}-{place}"
        if len(name) <= _LONGEST_SET_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_SET_NAME - len(digest) - 1]}-{digest}"


def _place_of(url: str) -> str:
    """Host and port that a URL names; nothing where it cannot be read."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return ""
