"""How hard the properties are tried: HYPOTHESIS_PROFILE=fast (default) or deep."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    max_examples=50,
    deadline=None,  # a slow machine is no failure
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,  # the same commit, the same verdict
)
settings.register_profile("deep", settings.get_profile("fast"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
