"""Files from and to the FTP servers of backends, on ftplib; always passive."""

import ftplib
import mmap
import socket
import ssl
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO, Final, cast
from urllib.parse import unquote

from wattgate.adapters.files.reaching import (
    BLOCK_BYTES,
    TIMEOUT_S,
    ContextSource,
    connected,
    secured,
)
from wattgate.adapters.files.threads import Stop
from wattgate.adapters.files.web_client import too_large
from wattgate.core.files.forms import file_in
from wattgate.core.files.locations import IMPLICIT_FTPS, Location
from wattgate.core.files.transfers import Received
from wattgate.ports.files import Progress, Reach, TransferFailed

_ANONYMOUS: Final = "anonymous"


class FtpClient:
    """FTP, in plain and in TLS (RFC 4217); every method blocks, and belongs into a thread."""

    def __init__(self, contexts: ContextSource) -> None:
        self._contexts = contexts

    def fetch(
        self, location: Location, path: Path, reach: Reach, progress: Progress, stop: Stop
    ) -> None:
        """Write what is there to `path`; raises OSError, EOFError, ftplib's, TransferFailed."""
        with closing(self._logged_in(location, reach, stop)) as ftp:
            name = _enter_folder(ftp, location)
            size = _size_of(ftp, name)
            if size is not None and size > reach.max_bytes:
                raise too_large(reach.max_bytes)
            progress(size, 0)
            written = 0
            stop.check()
            with closing(ftp.transfercmd(f"RETR {name}")) as data, path.open("wb") as file:
                while block := data.recv(BLOCK_BYTES):
                    stop.check()
                    written += len(block)
                    if written > reach.max_bytes:
                        raise too_large(reach.max_bytes)
                    file.write(block)
                    file.flush()
                    progress(size, written)
            ftp.voidresp()
            if size is not None and written != size:
                raise TransferFailed("the server broke off in the middle of the file")

    def deliver(
        self, location: Location, path: Path, received: Received, reach: Reach, stop: Stop
    ) -> None:
        """Store the file there, of a form the file in it, since such a server knows no forms.

        Raises OSError, EOFError, ftplib's errors and TransferFailed.
        """
        with closing(self._logged_in(location, reach, stop)) as ftp, path.open("rb") as file:
            name = _enter_folder(ftp, location)
            part = _Part(file, *_bounds_of(file, received))
            ftp.storbinary(f"STOR {name}", part, BLOCK_BYTES, lambda _: stop.check())
            with suppress(OSError, EOFError, ftplib.Error):
                ftp.quit()  # the file is there, whatever becomes of this

    def _logged_in(self, location: Location, reach: Reach, stop: Stop) -> ftplib.FTP:
        ftp: _Plain | _Encrypted
        if location.is_encrypted:
            ftp = _Encrypted(self._contexts(reach.terms(location.host)), stop)
        else:
            ftp = _Plain(stop)
        try:
            ftp.open(location, reach)
            ftp.login(location.user or _ANONYMOUS, location.password or "")
            stop.ends(cast(socket.socket, ftp.sock))  # it may be another one, in TLS
            if isinstance(ftp, _Encrypted):
                ftp.prot_p()
            ftp.voidcmd("TYPE I")
        except BaseException:
            ftp.close()
            raise
        return ftp


class _Part:
    """A part of a file, to be read as a file is."""

    def __init__(self, file: BinaryIO, begin: int, end: int) -> None:
        self._file = file
        self._left = end - begin
        file.seek(begin)

    def read(self, size: int = BLOCK_BYTES, /) -> bytes:
        """The next bytes; empty at its end."""
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block


def _bounds_of(file: BinaryIO, received: Received) -> tuple[int, int]:
    content_type = dict(received.headers).get("content-type", "")
    found = None
    if received.size and content_type.lower().startswith("multipart/"):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = file_in(content, content_type)
    return found or (0, received.size)


class _Plain(ftplib.FTP):
    """Connects to the address that was judged; data connections go to the same one."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self._stop = stop

    def open(self, location: Location, reach: Reach) -> None:
        _greet(self, connected(location, reach, self._stop), location)

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        """The data connection ends with `stop` as well."""
        sock, size = super().ntransfercmd(cmd, rest)
        self._stop.ends(sock)
        return sock, size


class _Encrypted(ftplib.FTP_TLS):
    """The same in TLS, from the first byte at its own port, else from the login on."""

    def __init__(self, context: ssl.SSLContext, stop: Stop) -> None:
        super().__init__(timeout=TIMEOUT_S, context=context)
        self._stop = stop

    def open(self, location: Location, reach: Reach) -> None:
        sock = connected(location, reach, self._stop)
        if location.port == IMPLICIT_FTPS:
            sock = secured(sock, self.context, location.host, self._stop)
        _greet(self, sock, location)

    def ntransfercmd(
        self, cmd: str, rest: int | str | None = None
    ) -> tuple[socket.socket, int | None]:
        """Show by its TLS session that the data connection is of the same client.

        Many servers ask for that, and ftplib does not do it.
        """
        sock, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - TLS follows at once
        session = cast(ssl.SSLSocket, self.sock).session
        return secured(sock, self.context, self.host, self._stop, session), size


def _greet(ftp: ftplib.FTP, sock: socket.socket, location: Location) -> None:
    ftp.host = location.host
    ftp.sock = sock
    ftp.af = sock.family
    ftp.file = sock.makefile("r", encoding=ftp.encoding)
    ftp.welcome = ftp.getresp()


def _enter_folder(ftp: ftplib.FTP, location: Location) -> str:
    """Go where the file is, folder by folder (RFC 1738 §3.2.2); its name."""
    *folders, name = (unquote(part) for part in location.path[1:].split("/"))
    for folder in folders:
        if folder:
            ftp.cwd(folder)
    return name


def _size_of(ftp: ftplib.FTP, name: str) -> int | None:
    """The size that the server tells; not every one does."""
    try:
        return ftp.size(name)
    except ftplib.error_perm:
        return None
