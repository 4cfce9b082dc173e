"""What must fit together in a site, as tables of rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wattgate.core.site import gateway_rules, rules
from wattgate.core.site.fallbacks import report_fallbacks
from wattgate.core.site.findings import Findings, Path, entry
from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    FileRelaySettings,
    GatewaySettings,
    OcppServerSettings,
    Site,
    SiteSettings,
    StorageSettings,
    WallboxSettings,
)
from wattgate.core.site.repetitions import report_repetitions
from wattgate.core.site.settings import TableField, definitions


@dataclass(frozen=True, slots=True)
class Rule:
    """What one table must fulfil, besides the range of each value.

    `at` is the setting where the user mends it; `reads` are the others that it looks at, in the
    same table, and `reads_of_server` those of `[ocpp_server]`: the rule is silent while one of
    them is wrong by itself. `complaint` gives the words, None where all is well.
    """

    at: str
    complaint: Callable[[Any, Site], str | None]
    reads: tuple[str, ...] = ()
    reads_of_server: tuple[str, ...] = ()

    def places(self, table: Path) -> Iterator[Path]:
        """Every place that the rule looks at."""
        for key in (self.at, *self.reads):
            yield (*table, key)
        for key in self.reads_of_server:
            yield ("ocpp_server", key)


_RULES: Final[Mapping[type, tuple[Rule, ...]]] = {
    SiteSettings: (
        Rule("max_current_a", rules.max_current_is_told, ("load_management",)),
        Rule("house_load_a", rules.house_load_is_told, ("load_management",)),
    ),
    OcppServerSettings: (
        Rule("host", rules.host_is_one_word),
        Rule("names", rules.names_are_hosts),
    ),
    WallboxSettings: (
        Rule("id", rules.wallbox_id_fits_a_url),
        Rule("id", rules.wallbox_speaks_ocpp),
        Rule("id", rules.wallbox_id_is_spelled_as_its_evses_spell_it),
        Rule("security_profile", rules.profile_has_tls, reads_of_server=("tls",)),
        Rule(
            "security_profile",
            rules.profile_has_a_password,
            ("password",),
            reads_of_server=("password",),
        ),
        Rule("strategy", rules.strategy_fits_the_connectors),
        Rule("main_evse", rules.main_evse_is_one_of_its_own),
    ),
    EvseSettings: (
        Rule("address", rules.address_leads_to_the_device, ("device_type",)),
        Rule("address", rules.serial_line_speaks_one_way, ("device_type",)),
        Rule("connector", rules.unit_is_one_of_the_line, ("device_type", "address")),
        Rule("fail_safe_s", rules.fail_safe_outlasts_cycles, ("device_type",)),
        Rule("definition", rules.definition_goes_with_the_type, ("device_type",)),
        Rule("min_current_a", rules.minimum_is_below_maximum, ("max_current_a",)),
        Rule("min_current_a", rules.feeder_carries_the_minimum, ("address",)),
        Rule("fallback_current_a", rules.fallback_charges, ("min_current_a", "max_current_a")),
        Rule("meter_public_key", rules.meter_key_is_readable),
    ),
    GatewaySettings: (
        Rule("url", gateway_rules.url_leads_to_a_backend),
        Rule("client_id", gateway_rules.client_id_fits_a_url),
        Rule("client_id", gateway_rules.client_id_fits_basic_auth, ("password",)),
        Rule("password", gateway_rules.password_is_hexadecimal, ("key_form",)),
        Rule("certificates", gateway_rules.certificates_are_a_backends, ("url", "role")),
        Rule("offline_policy", gateway_rules.whole_wallbox_is_dropped, ("role",)),
    ),
    CardSettings: (),
    StorageSettings: (),
    FileRelaySettings: (
        Rule("host", rules.host_is_one_word),
        Rule("port", rules.relay_port_is_its_own, reads_of_server=("port",)),
        Rule("url", rules.relay_url_leads_here),
    ),
}


def check(site: Site, to: Findings) -> None:
    """Report everything that does not go together in a site whose values are in range."""
    for place, table in _tables_of(site, ()):
        for rule in _RULES[type(table)]:
            complaint = rule.complaint(table, site) if to.sound(rule.places(place)) else None
            if complaint is not None:
                to.add((*place, rule.at), complaint)
    report_repetitions(site, to)
    report_fallbacks(site, to)


def _tables_of(table: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Every table below `table`, with its place as the reader calls it."""
    for each in definitions(type(table)):
        if not isinstance(each, TableField):
            continue
        found = getattr(table, each.name)
        for number, one in enumerate(found if each.about.repeated else [found], 1):
            place = (*path, _called(each, number, one))
            yield place, one
            yield from _tables_of(one, place)


def _called(each: TableField, number: int, one: object) -> str:
    if not each.about.repeated:
        return each.about.key
    return entry(each.about, number, getattr(one, each.about.named_by, None))
