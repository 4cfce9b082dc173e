from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.ports.store import NoteRecord
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration


@in_virtual_time()
async def test_values_are_kept_per_link_under_the_usual_spelling_r80() -> None:
    store = MemoryStore()
    one = BackendConfiguration("one", store)
    await one.keep("metervaluesampleinterval", "900")
    await one.keep("CpoName", "Example")
    notes = (await store.recover()).notes
    again = BackendConfiguration("one", store, notes)
    assert dict(again.values) == {"MeterValueSampleInterval": "900", "CpoName": "Example"}
    assert not BackendConfiguration("two", store, notes).values
    assert not BackendConfiguration("one", store, [NoteRecord("reports one", "x", "y")]).values
