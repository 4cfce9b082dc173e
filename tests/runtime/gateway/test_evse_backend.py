"""Several backends of one EVSE, as the EVSE knows them."""

from tests.support.frames import a_site
from tests.support.virtual_time import in_virtual_time

from wattgate.core.site.model import GatewayRole, GatewaySettings
from wattgate.runtime.gateway.evse_backend import EvseBackend


def backend_like(known: EvseBackend, role: GatewayRole, *, retiring: bool = False) -> EvseBackend:
    gateway = GatewaySettings(url="ws://other.example/", role=role)
    return EvseBackend(gateway, known.link, known.north, known.connectors, retiring=retiring)


@in_virtual_time()
async def test_r106_a_backend_that_retires_is_neither_primary_nor_told_anything_new() -> None:
    site = await a_site()
    assert site.world.manager is not None
    state = site.world.manager.evse("stall-1")
    assert state is not None and state.evse.primary is not None
    evse, first = state.evse, state.evse.primary
    report = backend_like(first, GatewayRole.REPORT)
    gone = backend_like(first, GatewayRole.PRIMARY, retiring=True)
    evse.backends = (report, gone, first)
    assert (evse.primary, evse.reports) == (first, (report,))
    assert evse.present_backends == (report, first)
    assert evse.backend_of(first.link_id) is report
    assert evse.backend_of("nobody's") is None
    evse.backends = (report, gone)
    assert (evse.primary, evse.link, evse.north) == (None, None, None)
    await site.world.kill()
