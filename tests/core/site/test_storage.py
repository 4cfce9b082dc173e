from wattgate.core.site.storage import StorageSettings


def test_evidence_of_a_transaction_is_never_kept_longer_than_the_transaction_itself() -> None:
    usual = StorageSettings()
    assert usual.evidence_days <= usual.transaction_days
    assert usual.reserve_mb > 0
