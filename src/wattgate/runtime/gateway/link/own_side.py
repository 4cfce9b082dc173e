"""Our end of one link with a backend: who opens its door, and what it may change of that."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wattgate.ports.certificates import Certificates
from wattgate.ports.links import Dialer, DialTarget
from wattgate.ports.store import NoteRecord, Store
from wattgate.runtime.certificate_messages import CertificateMessages
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.gateway.link.link_commands import LinkCommands
from wattgate.runtime.gateway.link.north_login import Account, NorthLogin
from wattgate.runtime.gateway.link.secure_login import SecureLogin


@dataclass(frozen=True, slots=True)
class OwnSide:
    """The login, what a backend commands about it, and what else it has set."""

    login: NorthLogin
    commands: LinkCommands
    configuration: BackendConfiguration


def own_side(
    account: Account,
    target: DialTarget,
    dialer: Dialer,
    certificates: Certificates,
    store: Store,
    notes: Iterable[NoteRecord],
    identify: Callable[[], str],
) -> OwnSide:
    """Put it together with the key, the certificates and the profile that the backend gave (R37).

    `identify` gives the name for a certificate of ours.
    """
    notes, link_id = tuple(notes), account.link_id
    secure = SecureLogin(link_id, target, dialer, certificates, store, notes)
    login = NorthLogin(account, secure, store, notes)
    configuration = BackendConfiguration(link_id, store, notes)
    messages = CertificateMessages(certificates, secure.terms.certificates)
    commands = LinkCommands(login, secure, messages, configuration, identify)
    return OwnSide(login, commands, configuration)
