from wattgate.core.modbus.tables import Table


def test_a_definition_file_names_the_tables_in_these_words() -> None:
    assert [each.value for each in Table] == ["holding", "input"]
