import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_make_bench_runs_every_bench_that_the_page_names() -> None:
    page = (ROOT / "bench/README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^BENCHES := (.+)$", makefile, re.MULTILINE)
    named = re.findall(r"^\| `python -m bench\.([a-z.]+)", page, re.MULTILINE)
    assert sorted(listed.split()) == sorted(named)
    for name in named:
        place = ROOT / "bench" / name.replace(".", "/")
        assert (place / "__main__.py").exists() or place.with_suffix(".py").exists()
