"""The composition root: which adapters carry the manager, and how it starts and ends."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from wattgate.adapters.certificates.authority import BuiltInAuthority
from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.data_folder import working_on
from wattgate.adapters.files.counter import FileCounter
from wattgate.adapters.files.folder import DataFolder
from wattgate.adapters.files.servers import BackendFileServers
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.keyfile import open_folder, password_key
from wattgate.adapters.modbus.client import PymodbusLines
from wattgate.adapters.modbus.definition_files import definitions_of
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.adapters.signatures import EcdsaCheck
from wattgate.adapters.store.sqlite import SqliteStore
from wattgate.adapters.web.certificate_office import CertificateOffice, used_by
from wattgate.adapters.web.reception import Https
from wattgate.adapters.web.server import WebServer
from wattgate.core.gateway.link.backoff import Backoff
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.core.security.host_names import names_of
from wattgate.core.security.passwords import PasswordKey
from wattgate.core.security.tls_mode import TlsMode
from wattgate.core.site.keeping import as_kept, is_readable
from wattgate.core.site.merging import applied
from wattgate.core.site.model import OcppServerSettings, Site
from wattgate.core.site.reading import parse_toml, read_mapping
from wattgate.ports.clock import Clock
from wattgate.ports.store import SaveDocument, StoreFailed
from wattgate.runtime.backend_assembly import Backends
from wattgate.runtime.certificate_upkeep import CertificateUpkeep
from wattgate.runtime.expiry_watch import ExpiryWatch, stock_of
from wattgate.runtime.files.desk import Desk
from wattgate.runtime.files.surroundings import Outside
from wattgate.runtime.manager import Manager
from wattgate.runtime.modbus.installation import ModbusInstallation
from wattgate.runtime.peer import Tools
from wattgate.runtime.site_keeper import SITE_DOCUMENT, save_site
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

DATABASE: Final = "wattgate.sqlite3"
KEY_FILE: Final = "secret.key"
CERTIFICATES: Final = "certificates"
AUTHORITY: Final = "authority"
FILES: Final = "files"
TO_SCRUB: Final = "passwords to scrub"
"""Name of the document that says whether replaced passwords may still be on the disk."""

_SCHEMES: Final = {
    TlsMode.OFF: ("ws",),
    TlsMode.DETECT: ("ws", "wss"),
    TlsMode.ON: ("wss",),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a manager is started.

    `site_text` is a site file's content, None to go on with the stored site. `ocpp_port` overrides
    the site's. `backend_retry_s` is the shortest wait before a backend is tried again. An
    `admin_password` holds for this run in place of the stored one.
    """

    data_dir: Path
    site_text: str | None = None
    http_host: str = "127.0.0.1"
    http_port: int = 19521
    http_tls: TlsMode = TlsMode.DETECT
    ocpp_port: int | None = None
    backend_retry_s: float = 10.0
    admin_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a started manager listens; one or two places each, plain before encrypted."""

    ocpp: tuple[str, ...]
    http: tuple[str, ...]
    setup_token: str | None


async def load_site(store: SqliteStore, site_text: str | None, key: PasswordKey) -> Site:
    """The site to run: the file over what is stored, kept for the next start.

    Passwords of wallboxes are kept as hashes; those that an older version stored become such.

    Raises:
        ConfigError: the site has problems; nothing has been changed.
    """
    stored_text = await store.document(SITE_DOCUMENT)
    stored: Mapping[str, object] | None = json.loads(stored_text) if stored_text else None
    if site_text is None and stored is None:
        return Site()
    file = parse_toml(site_text) if site_text is not None else None
    described = read_mapping(applied(stored, file) if file is not None else stored or {})
    definitions_of(described.modbus_evses())
    site = as_kept(described, key)
    if stored is not None and is_readable(stored):
        # Before they are replaced: a kill before they are gone must not leave them for ever.
        await store.commit(SaveDocument(TO_SCRUB, "due"))
    if file is not None or site != described:
        await save_site(store, site)
    if await store.document(TO_SCRUB):
        await _forget_readable(store)
    return site


async def _forget_readable(store: SqliteStore) -> None:
    """The passwords are replaced, but not yet gone from the disk."""
    try:
        await store.scrub()
        await store.commit(SaveDocument(TO_SCRUB, ""))
    except StoreFailed as exc:
        log.warning(
            "passwords of an older version may still be on the disk; the next start tries again",
            reason=str(exc),
        )
    else:
        log.info("passwords of wallboxes are kept as hashes from now on")


@dataclass(frozen=True, slots=True)
class Safe:
    """Certificates and keys, the authority that is built in, and TLS settings made of them."""

    vault: Vault
    authority: BuiltInAuthority
    contexts: Contexts
    clock: Clock

    def office(
        self, clock: Clock, used: Callable[[], Mapping[str, tuple[str, ...]]]
    ) -> CertificateOffice:
        """What people can do with them; `used` says which EVSEs use which set."""
        return CertificateOffice(self.vault, self.authority, clock, used)

    def read_certificate(self, der: bytes) -> ClientCertificate | None:
        """Read what a wallbox has shown; None where it cannot be read."""
        facts = facts_of_der(der)
        if facts is None:
            return None
        return ClientCertificate(
            facts,
            is_revoked=self.authority.is_revoked(der),
            is_expired=facts.not_after < self.clock.wall(),
        )


async def open_safe(data_dir: Path, clock: Clock, site: Site) -> Safe:
    """Open what the data folder has; the first time, certificates are made (P21)."""
    vault = Vault(data_dir / CERTIFICATES, clock)
    await vault.open(names_of(site.ocpp_server.names))
    authority = BuiltInAuthority(data_dir / AUTHORITY, clock)
    await authority.open()
    return Safe(vault, authority, Contexts(vault.get, authority.root), clock)


async def open_office(data_dir: Path) -> CertificateOffice:
    """Open the certificates of a manager that does not run; whoever asks works on its folder.

    Raises:
        ConfigError: the stored site has problems.
        StoreFailed: the folder cannot be used.
    """
    database = data_dir / DATABASE
    site = await _stored_site(database) if _is_there(database) else Site()
    clock = SystemClock()
    safe = await open_safe(data_dir, clock, site)
    return safe.office(clock, lambda: used_by(site))


def _files_outside(data_dir: Path, safe: Safe, site: Callable[[], Site]) -> Outside:
    """What passing files on needs; the port is that of the settings at the start."""
    folder = DataFolder(data_dir)

    def counter(desk: Desk) -> FileCounter:
        settings = site().file_relay
        return FileCounter(
            settings.host,
            settings.port,
            desk,
            folder,
            safe.clock,
            lambda: safe.contexts.server_context(ask_client=False),
        )

    servers = BackendFileServers(lambda terms: safe.contexts.client_context(terms)[0])
    return Outside(servers, folder, counter)


def _is_there(database: Path) -> bool:
    """Whether the manager was started once: reading must not make an empty database."""
    return database.exists()


async def _stored_site(database: Path) -> Site:
    store = SqliteStore(database)
    await store.open()
    try:
        text = await store.document(SITE_DOCUMENT)
    finally:
        await store.close()
    return read_mapping(json.loads(text)) if text else Site()


def ocpp_urls(server: OcppServerSettings, port: int) -> tuple[str, ...]:
    """Where wallboxes connect: with `detect` in plain or encrypted, as they like (P6)."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return tuple(f"{scheme}://{host}:{port}/" for scheme in _SCHEMES[server.tls])


async def run_manager(options: Options, started: Callable[[Addresses], None]) -> None:
    """Run until cancelled. `started` is called once everything listens.

    Raises:
        ConfigError: the site has problems; nothing was started.
        StoreFailed: the data directory cannot be used.
        FolderInUse: another process works on the data directory.
        OSError: a port cannot be listened on.
    """
    database = options.data_dir / DATABASE
    if options.site_text is not None and not database.exists():
        # A first start with a site that cannot be run leaves nothing behind.
        site = read_mapping(applied(None, parse_toml(options.site_text)))
        definitions_of(site.modbus_evses())
    if not open_folder(options.data_dir):
        log.warning("the data folder can be read by others", folder=str(options.data_dir))
    tools = Tools(SystemClock(), SystemIdentifiers())
    store = SqliteStore(database)
    async with AsyncExitStack() as cleanup:
        say_url = cleanup.enter_context(working_on(options.data_dir))
        await store.open()
        cleanup.push_async_callback(store.close)
        key = password_key(options.data_dir / KEY_FILE)
        site = await load_site(store, options.site_text, key)
        lines = PymodbusLines()
        cleanup.push_async_callback(lines.close)
        modbus = ModbusInstallation(lines, definitions_of(site.modbus_evses()))
        manager = Manager(site, store, tools, key)
        cleanup.push_async_callback(manager.stop)
        safe = await open_safe(options.data_dir, tools.clock, site)
        backoff = Backoff(options.backend_retry_s, options.backend_retry_s)
        dialer = PicowsDialer(safe.contexts.client_context, read_facts=facts_of_der)
        files = _files_outside(options.data_dir / FILES, safe, lambda: manager.site)
        backends = Backends(dialer, safe.vault, backoff)
        await manager.start(backends, safe.authority, modbus, files)
        port = site.ocpp_server.port if options.ocpp_port is None else options.ocpp_port
        listener = OcppListener(
            site.ocpp_server.host,
            port,
            manager.stations,
            tls=site.ocpp_server.tls,
            contexts=lambda: safe.contexts.server_context(site.ocpp_server.tls_minimum),
            read_certificate=safe.read_certificate,
        )
        await listener.start()
        cleanup.push_async_callback(listener.close)
        web = WebServer(
            manager,
            store,
            tools,
            host=options.http_host,
            port=options.http_port,
            admin_password=options.admin_password,
            signatures=EcdsaCheck(),
            https=Https(options.http_tls, lambda: safe.contexts.server_context(ask_client=False)),
            office=safe.office(tools.clock, lambda: used_by(manager.site, manager.evses())),
        )
        await web.start()
        cleanup.push_async_callback(web.close)
        tasks = await cleanup.enter_async_context(Supervisor())
        tasks.spawn(CertificateUpkeep(safe.vault, safe.authority).run(), name="certificates")
        watch = ExpiryWatch(partial(stock_of, safe.vault, safe.authority), tools.clock)
        tasks.spawn(watch.run(), name="certificates that expire")
        say_url(web.url)
        started(Addresses(ocpp_urls(site.ocpp_server, listener.port), web.urls, web.setup_token))
        await asyncio.get_running_loop().create_future()
