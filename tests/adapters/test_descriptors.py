"""S3: what the system would allow, a flood must find."""

import resource

from tests.support.descriptors import out_of_descriptors

from wattgate.adapters.descriptors import take_all_descriptors


def test_the_process_may_open_as_much_as_the_system_allows_s3() -> None:
    with out_of_descriptors():
        take_all_descriptors()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard > 0
