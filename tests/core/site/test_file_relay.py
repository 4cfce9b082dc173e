from wattgate.core.site.file_relay import FileRelaySettings


def test_r87_no_backend_leads_into_the_local_network_unless_the_owner_says_so() -> None:
    assert not FileRelaySettings().private_targets


def test_r87_every_file_relayed_is_bounded_in_size_and_time() -> None:
    usual = FileRelaySettings()
    assert 0 < usual.max_mb <= 4096
    assert 0 < usual.lifetime_h <= 720
