from wattgate.core.wallbox.options import Options


def test_a_wallbox_without_wishes_has_one_connector_of_16_a_on_three_phases() -> None:
    options = Options("CP1")
    assert (options.connectors, options.max_current_a, options.phases) == (1, 16.0, 3)
    assert (options.quirks, options.clock_offset_s) == (frozenset(), None)
    assert not options.boot_on_reconnect
