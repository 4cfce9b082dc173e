"""Which EVSEs use which set of certificates (P22)."""

import pytest
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.adapters.web.certificate_office import used_by
from wattgate.core.site.reading import read_toml

HOUSE = "[site]\nmax_current_a = 32\nhouse_load_a = 0\n"


def evse(evse_id: str, connector: int, *gateways: str) -> str:
    tables = "".join(f"[[evse.gateway]]\n{each}\n" for each in gateways)
    return f'[[evse]]\nid = "{evse_id}"\naddress = "CP1"\nconnector = {connector}\n{tables}'


PRIMARY = 'url = "wss://billing/"'
REPORT = 'url = "wss://report/"\nrole = "report"'
NAMED = 'url = "wss://named/"\nrole = "report"\ncertificates = "employer"'


@pytest.mark.parametrize(
    ("site_toml", "sets"),
    [
        (evse("a", 1), {}),
        (evse("a", 1, PRIMARY), {"a": ("a",)}),
        (
            evse("a", 1, PRIMARY, REPORT, NAMED),
            {"a": ("a",), "a-report": ("a",), "employer": ("a",)},
        ),
        (evse("a", 2, PRIMARY) + evse("b", 1, PRIMARY), {"b": ("a", "b")}),
        (
            evse("a", 1, NAMED, NAMED.replace("named", "other")) + evse("b", 2, NAMED),
            {"employer": ("a", "b")},
        ),
    ],
    ids=["none", "one", "several", "a login that is shared", "a name that is shared"],
)
@in_virtual_time()
async def test_a_set_is_used_by_the_evses_whose_backends_it_is_for(
    site_toml: str, sets: dict[str, tuple[str, ...]]
) -> None:
    """Also as a running manager sees it."""
    site = read_toml(HOUSE + site_toml)
    assert used_by(site) == sets
    world = World(HOUSE + site_toml)
    manager = await world.start()
    assert used_by(site, manager.evses()) == sets
    await world.kill()
