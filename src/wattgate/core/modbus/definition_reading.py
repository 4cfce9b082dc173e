"""From the text of a definition file to a `Definition`, or to everything that is wrong with it."""

from wattgate.core.errors import ConfigError
from wattgate.core.modbus.definition_checks import check
from wattgate.core.modbus.definitions import Definition
from wattgate.core.site.findings import Findings
from wattgate.core.site.reading import parse_toml, read_table


def read_definition(text: str) -> Definition:
    """Read a definition file.

    Raises:
        ConfigError: with every problem at once: unknown keys, wrong types and ranges, and what does
            not go together; where the text is no TOML, with that one.
    """
    findings = Findings()
    definition = read_table(Definition, parse_toml(text), (), findings)
    check(definition, findings)
    if findings.problems:
        raise ConfigError(findings.problems)
    return definition
