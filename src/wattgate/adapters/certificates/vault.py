"""The sets of certificates as the rest of the manager uses them; what waits does so in a thread."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from wattgate.adapters.certificates.entries import CertificateSet, has_id
from wattgate.adapters.certificates.facts import hash_data
from wattgate.adapters.certificates.machine import machine_names
from wattgate.adapters.certificates.sets import Sets
from wattgate.core.security.certificates import SERVER_SET, HashData, Held, Origin
from wattgate.ports.certificates import Material
from wattgate.ports.clock import Clock


class Vault:
    """Certificates and keys below a folder; implements ports.certificates.Certificates.

    `open` comes first. A cancelled change goes on to its end.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        names_here: Callable[[], tuple[str, ...]] = machine_names,
    ) -> None:
        self._sets = Sets(folder)
        self._clock = clock
        self._names_here = names_here
        self._names: tuple[str, ...] = ()

    async def open(self, names: Sequence[str] = ()) -> None:
        """Read everything, and see that the server has a certificate (P21).

        `names` are the host names and addresses that a self-signed one must have, beside those
        that the machine knows of itself. A damaged file is set aside and said in the log.
        """
        await asyncio.to_thread(self._sets.load)
        await self.keep_self_signed(names)

    async def keep_self_signed(self, names: Sequence[str] | None = None) -> bool:
        """Make the self-signed certificates anew where that is needed; says whether it was.

        It is where they expire within 30 days, lack one of `names` (None: those of before), or
        begin in the future and the clock is synchronised.
        To be called once a day and when the names change. What somebody has given is left alone.
        """
        if names is not None:
            self._names = tuple(names)
        return await asyncio.to_thread(self._keep_self_signed)

    def _keep_self_signed(self) -> bool:
        names = tuple(dict.fromkeys((*self._names, *self._names_here())))
        return self._sets.keep_self_signed(
            names, self._names, self._clock.wall(), is_now_sure=self._clock.is_synchronised()
        )

    async def reload(self) -> bool:
        """Read what somebody else, as the command line, has changed; says whether there was.

        The server gets self-signed certificates where it has none any more.
        """
        changed = await asyncio.to_thread(self._sets.load)
        if changed:
            await self.keep_self_signed()
        return changed

    def get(self, set_name: str) -> CertificateSet:
        """A set with its keys, for TLS; a changed set is another object."""
        return self._sets.get(set_name)

    def set_names(self) -> tuple[str, ...]:
        """Every set that holds something; `SERVER_SET` is always there, first."""
        return self._sets.names()

    def held(self, set_name: str) -> tuple[Held, ...]:
        """Everything that a set holds, own certificates first; nothing for an unknown name."""
        return tuple(entry.held for entry in self._sets.get(set_name).entries)

    def pem(self, set_name: str, certificate_id: str) -> str | None:
        """A certificate and its chain, without the key; None where the set has none of that id."""
        entries = self._sets.get(set_name).entries
        found = (each for each in entries if has_id(each, certificate_id))
        return next((entry.public_pem for entry in found), None)

    async def import_own(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        """Take a certificate with its key; the key may be one that is here already.

        Raises:
            ConfigError: key and certificate do not match, one is missing, expired or unreadable.
            PassphraseNeeded: the key is encrypted.
            StoreFailed: it could not be kept.
        """
        now = self._clock.wall()
        made = await asyncio.to_thread(self._sets.import_own, set_name, material, origin, now)
        return (made.held,)

    async def import_authorities(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        """Trust every certificate in it; gives those, also where they were trusted before.

        Raises:
            ConfigError: there is none, or one cannot be read or has expired.
            PassphraseNeeded: it is a PKCS#12 file with a passphrase.
            StoreFailed: it could not be kept.
        """
        now = self._clock.wall()
        known = await asyncio.to_thread(
            self._sets.import_authorities, set_name, material, origin, now
        )
        return tuple(entry.held for entry in known)

    async def remove(self, set_name: str, certificate_id: str) -> Held | None:
        """Remove a certificate with its key; gives it, None where there was none.

        The server's last own certificate is replaced by a self-signed one.

        Raises:
            StoreFailed: it could not be removed.
        """
        removed = await asyncio.to_thread(self._sets.remove, set_name, certificate_id)
        if set_name == SERVER_SET:
            await self.keep_self_signed()
        return removed.held if removed is not None else None

    def hash_data(self, set_name: str, algorithm: str) -> tuple[tuple[HashData, Held], ...]:
        """What OCPP calls the authorities of a set; `algorithm` is SHA256, SHA384 or SHA512."""
        held = self._sets.get(set_name)
        return tuple(
            (hash_data(entry.certificate, held.certificates, algorithm), entry.held)
            for entry in held.authorities
        )

    async def begin_request(self, set_name: str, common_name: str, organisation: str) -> str:
        """Make a key and a signing request for it (PKCS#10, PEM); a former request is forgotten.

        Raises:
            ConfigError: the names do not fit a certificate.
            StoreFailed: the key could not be kept.
        """
        return await asyncio.to_thread(
            self._sets.begin_request, set_name, common_name, organisation
        )

    async def finish_request(self, set_name: str, chain_pem: str) -> Held:
        """Take the certificate that answers the request of `begin_request` as the only own one.

        What identified us before becomes the former one.

        Raises:
            ConfigError: it fits no request of ours, has expired, or cannot be read.
            StoreFailed: it could not be kept.
        """
        chain = Material((chain_pem.encode(),))
        now = self._clock.wall()
        made = await asyncio.to_thread(self._sets.finish_request, set_name, chain, now)
        return made.held

    async def swap_former(self, set_name: str) -> None:
        """Let the former and the present own certificate change places (R37).

        Raises:
            StoreFailed: it could not be kept.
        """
        await asyncio.to_thread(self._sets.swap_former, set_name)

    async def forget_former(self, set_name: str) -> None:
        """Remove the former own certificate with its key; does nothing where there is none.

        Raises:
            StoreFailed: it could not be kept.
        """
        await asyncio.to_thread(self._sets.forget_former, set_name)
