"""What is read of the certificate that a wallbox shows, as the whole manager puts it together."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.vaults import SetClock, started_once

from wattgate.app import CERTIFICATES, open_safe
from wattgate.core.site.model import Site

END = "-----END CERTIFICATE-----\n"


@pytest.mark.asyncio
async def test_a_certificate_that_expires_is_void_also_where_tls_resumes_a_session_p25(
    tmp_path: Path,
) -> None:
    """A session of TLS 1.2 goes on for two hours, and nobody looks at the certificate again."""
    started_once(tmp_path / CERTIFICATES)
    clock = SetClock()
    safe = await open_safe(tmp_path, clock, Site())
    await safe.authority.create("Root", "", 3650)
    issued = await safe.authority.issue_client("CP1", "", 1)
    der = ssl.PEM_cert_to_DER_cert(issued.certificate_pem.partition(END)[0] + END)
    for offset, is_expired in ((timedelta(hours=23), False), (timedelta(days=2), True)):
        clock.offset = offset
        shown = safe.read_certificate(der)
        assert shown is not None
        assert (shown.facts.common_name, shown.is_expired) == ("CP1", is_expired)
    assert safe.read_certificate(b"no certificate") is None
