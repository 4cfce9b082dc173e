import pytest
from tests.support.certificate_facts import facts

from wattgate.core.security.client_identity import (
    BootDecides,
    Holder,
    ItsOwn,
    SomebodyElses,
    anothers,
    boot_mismatch,
    judge,
)
from wattgate.core.site.choices import CertificateName

ID, SERIAL, EITHER, ANY = (
    CertificateName.ID,
    CertificateName.SERIAL,
    CertificateName.ID_OR_SERIAL,
    CertificateName.ANY,
)
NEW = Holder("CP1")
BOOTED = Holder("CP1", serials=("SN1", "BOX1"))


def under(rule: CertificateName, holder: Holder = BOOTED, remembered: str = "") -> Holder:
    return Holder(holder.station_id, rule, holder.serials, remembered)


@pytest.mark.parametrize(
    ("name", "holder"),
    [
        ("CP1", under(ID)),
        ("cp1", under(ID)),
        (" CP1 ", under(ID, NEW)),
        ("SN1", under(SERIAL)),
        ("box1", under(SERIAL)),
        ("CP1", under(EITHER)),
        ("CP1", under(EITHER, NEW)),
        ("SN1", under(EITHER)),
        ("SN9", under(SERIAL, NEW, remembered="sn9")),
        ("SN9", under(EITHER, NEW, remembered="SN9")),
    ],
)
def test_a_wallbox_is_known_by_the_name_in_its_certificate_r35(name: str, holder: Holder) -> None:
    assert judge(facts(name), holder) == ItsOwn(name.strip())


def test_where_any_name_will_do_none_is_remembered() -> None:
    assert judge(facts("whoever"), under(ANY)) == ItsOwn("")
    assert judge(facts(""), under(ANY)) == ItsOwn("")


@pytest.mark.parametrize("rule", [SERIAL, EITHER])
def test_the_first_boot_decides_where_only_the_serial_number_can_fit_r35(
    rule: CertificateName,
) -> None:
    assert judge(facts("SN1"), under(rule, NEW)) == BootDecides("SN1")


@pytest.mark.parametrize(
    ("name", "holder", "said"),
    [
        ("SN1", under(ID), "not its ChargeBox ID ('CP1')"),
        ("SN1", under(ID, NEW), "not its ChargeBox ID ('CP1')"),
        ("CP1", under(SERIAL), "not its serial number ('SN1' or 'BOX1')"),
        ("SN2", under(EITHER), "('CP1' or 'SN1' or 'BOX1')"),
        ("", under(EITHER, NEW), "no CN"),
        ("", under(SERIAL), "no CN"),
        # Its boot notification could lie now that another name is known
        ("SN2", under(EITHER, NEW, remembered="CP1"), "if the wallbox was replaced"),
        ("SN2", under(SERIAL, NEW, remembered="SN1"), "not its serial number ('SN1')"),
        ("CP1", under(SERIAL, remembered="CP1"), "('SN1' or 'BOX1')"),
        ("SN2", under(SERIAL, NEW, remembered="CP1"), "not its serial number;"),
    ],
)
def test_the_certificate_of_another_wallbox_does_not_get_in_p25_r35(
    name: str, holder: Holder, said: str
) -> None:
    verdict = judge(facts(name), holder)
    assert isinstance(verdict, SomebodyElses)
    assert said in verdict.reason


def test_a_boot_that_does_not_fit_the_certificate_is_seen_r35() -> None:
    assert boot_mismatch("SN1", ("BOX1", "sn1 ")) is None
    assert "booted with 'SN2' and 'BOX2'" in (boot_mismatch("SN1", ("SN2", "BOX2")) or "")
    assert "booted with no serial number" in (boot_mismatch("SN1", ()) or "")


def test_a_name_of_another_wallbox_is_said_with_the_way_out_where_it_was_moved() -> None:
    reason = anothers("SN1", "CP2").reason
    assert "names 'SN1', which is wallbox 'CP2'" in reason
    assert "set certificate_name to any until it has booted" in reason
