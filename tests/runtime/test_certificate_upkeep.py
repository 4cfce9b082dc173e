"""What becomes of certificates without anybody's doing."""

import asyncio
import errno
from dataclasses import dataclass, field

from structlog.testing import capture_logs
from tests.support.virtual_time import in_virtual_time

from wattgate.ports.store import StoreFailed
from wattgate.runtime.certificate_upkeep import LOOK_S, RENEW_S, CertificateUpkeep
from wattgate.runtime.supervisor import Supervisor

long = in_virtual_time(within_s=10 * RENEW_S)


@dataclass
class Files:
    """Certificates that are due when a test says so; notes when each was looked after."""

    has_changed: bool = False
    is_due: bool = False
    is_full: bool = False
    is_out_of_reach: bool = False
    renewals: list[float] = field(default_factory=list)

    async def reload(self) -> bool:
        if self.is_out_of_reach:
            raise OSError(errno.EMFILE, "Too many open files")
        changed, self.has_changed = self.has_changed, False
        return changed

    async def keep_self_signed(self) -> bool:
        self.renewals.append(asyncio.get_running_loop().time())
        if self.is_out_of_reach:
            raise OSError(errno.EMFILE, "Too many open files")
        if self.is_full:
            raise StoreFailed("no space left on device")
        due, self.is_due = self.is_due, False
        return due


def said(logs: object) -> list[str]:
    assert isinstance(logs, list)
    return [log["event"] for log in logs]


@long
async def test_self_signed_certificates_are_looked_at_once_an_hour_p21() -> None:
    files = Files(is_due=True)
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(CertificateUpkeep(files).run(), name="upkeep")
            await asyncio.sleep(2.5 * RENEW_S)
    assert files.renewals == [0, RENEW_S, 2 * RENEW_S]
    assert said(logs) == ["self-signed certificates renewed"]


@long
async def test_files_that_somebody_else_has_changed_are_noticed_within_10_s() -> None:
    sets, authority = Files(), Files()
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(CertificateUpkeep(sets, authority).run(), name="upkeep")
            await asyncio.sleep(1.5 * LOOK_S)
            assert logs == []
            for files in (sets, authority):
                files.has_changed = True
                await asyncio.sleep(LOOK_S)
            assert said(logs) == ["certificates read again, as their files have changed"] * 2
            assert authority.renewals == []


@long
async def test_a_full_disk_does_not_end_the_upkeep() -> None:
    files = Files(is_due=True, is_full=True)
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(CertificateUpkeep(files).run(), name="upkeep")
            await asyncio.sleep(0.5 * RENEW_S)
            files.is_full = False
            await asyncio.sleep(RENEW_S)
    assert said(logs) == [
        "self-signed certificates not renewed",
        "self-signed certificates renewed",
    ]


@long
async def test_a_flood_that_takes_all_descriptors_does_not_end_the_upkeep_s3() -> None:
    sets, authority = Files(is_due=True, is_out_of_reach=True), Files(has_changed=True)
    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(CertificateUpkeep(sets, authority).run(), name="upkeep")
            await asyncio.sleep(1.5 * LOOK_S)
            sets.is_out_of_reach = False
            await asyncio.sleep(RENEW_S)
    assert said(logs) == [
        "self-signed certificates not renewed",
        "files of certificates cannot be read now",
        "certificates read again, as their files have changed",
        "self-signed certificates renewed",
    ]
