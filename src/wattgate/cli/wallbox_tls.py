"""The software wallbox as a client of TLS: what it believes, what it shows, what it speaks."""

import ssl
import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.entries import CertificateSet
from wattgate.cli.tls_files import authorities_from, own_from
from wattgate.cli.tls_options import ClientTls
from wattgate.core.errors import Problem
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.site.choices import NameCheck, TlsVersion
from wattgate.ports.links import TlsTerms

_SET: Final = "wallbox"
_OLD: Final = frozenset({TlsVersion.V1_0, TlsVersion.V1_1})
_VERSIONS: Final = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}


class WallboxTls:
    """Gives the dialer its TLS settings, anew for every connection.

    `given` are the certificates of the options. What the central system installs while the wallbox
    runs comes beside them, what it signs in place of them: from the next connection on.
    """

    def __init__(self, options: ClientTls, given: CertificateSet) -> None:
        self.installed: Callable[[], CertificateSet] = CertificateSet
        self._given = given
        self._options = options
        self._contexts = Contexts(lambda _: self.held)

    @property
    def held(self) -> CertificateSet:
        """What counts now."""
        installed = self.installed()
        authorities = (*self._given.authorities, *installed.authorities)
        return CertificateSet(installed.own or self._given.own, authorities)

    def contexts(self, _: TlsTerms | None = None) -> tuple[ssl.SSLContext, LinkSecurity]:
        """As adapters.ocpp_socket.dialer.ClientContexts."""
        check = NameCheck.ON if self._options.check_name else NameCheck.OFF
        terms = TlsTerms(_SET, self._options.system_roots, check)
        context, security = self._contexts.client_context(terms)
        _imitate(context, self._options)
        return context, security


def opened(options: ClientTls, now: datetime) -> tuple[WallboxTls, Sequence[Problem]]:
    """Read the files, asking for passphrases; gives everything that is wrong with them as well."""
    problems: list[Problem] = []
    own = (
        own_from("--certificate", options.certificate, options.key, problems)
        if options.certificate is not None
        else ()
    )
    authorities = authorities_from("--ca", options.authorities, now, problems)
    tls = WallboxTls(options, CertificateSet(own, authorities))
    if options.ciphers:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(options.ciphers)
        except ssl.SSLError:
            problems.append(
                Problem(f"--ciphers {options.ciphers}", "OpenSSL knows no such cipher suite")
            )
    return tls, problems


def _imitate(context: ssl.SSLContext, options: ClientTls) -> None:
    """Speak like a wallbox that knows no better."""
    if options.newest:
        newest = TlsVersion(options.newest)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
            if newest in _OLD:
                context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
                context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = _VERSIONS[newest]
    if options.ciphers:
        context.set_ciphers(options.ciphers)
