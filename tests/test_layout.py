"""The house rules that no linter knows, each a sentence."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "src/wattgate/core"
CORE_TESTS = ROOT / "tests/core"

GENERATED = {"src/wattgate/core/ocpp/v16/_generated.py"}
LONGEST = 500
"""Lines a Python file may have; the aim is 150."""

CORE_MAY_NOT_IMPORT = {
    "asyncio", "logging", "os", "random", "secrets", "socket", "sqlite3", "ssl", "threading",
    "time", "uuid",
}  # fmt: skip
HOST = re.compile(r"[a-z]+://|\.(org|com|net|io|dev)\b|^\s*-(i|f)\b|^\s*--(?!hash=)", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.$}>/-])/(home|root|work|Users)/[\w.-]+")


def tracked() -> list[Path]:
    """What git knows or would take; without git, everything but hidden and built things."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        found = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError):
        return [path for path in _walk(ROOT) if path.is_file()]
    names = found.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in {"__pycache__", "dist", "build"}:
            continue
        yield from _walk(path) if path.is_dir() else (path,)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py" and name_of(path) not in GENERATED]
SOURCES = [path for path in PYTHON if path.is_relative_to(ROOT / "src")]
CORE_SOURCES = [
    path for path in SOURCES if path.is_relative_to(CORE) and path.name != "__init__.py"
]


def test_every_core_module_has_the_test_file_of_its_name() -> None:
    expected = {path.relative_to(CORE).with_name(f"test_{path.name}") for path in CORE_SOURCES}
    assert expected - {path.relative_to(CORE_TESTS) for path in _core_tests()} == set()


def test_every_core_test_file_has_the_module_of_its_name() -> None:
    modules = {path.relative_to(CORE) for path in CORE_SOURCES}
    tested = {
        path.relative_to(CORE_TESTS).with_name(path.name.removeprefix("test_"))
        for path in _core_tests()
    }
    assert tested - modules == set()


def _core_tests() -> list[Path]:
    return [path for path in PYTHON if path.match("test_*.py") and CORE_TESTS in path.parents]


def test_the_core_imports_itself_msgspec_and_the_quiet_part_of_the_standard_library() -> None:
    allowed = (sys.stdlib_module_names - CORE_MAY_NOT_IMPORT) | {"msgspec"}
    foreign = {
        f"{name_of(path)}: {module}"
        for path in CORE_SOURCES
        for module in _imports(path)
        if module.partition(".")[0] not in allowed and not f"{module}.".startswith("wattgate.core.")
    }
    assert foreign == set()


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_no_python_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in PYTHON}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_half_of_the_source_files_are_short() -> None:
    lengths = [len(p.read_text().splitlines()) for p in SOURCES if p.name != "__init__.py"]
    assert median(lengths) <= 150


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=name_of)
def test_a_lock_pins_and_hashes_and_names_no_place_to_fetch_from(path: Path) -> None:
    text = path.read_text()
    packages = re.findall(r"^[a-z0-9][\w.-]*(.*)$", text, re.MULTILINE)
    assert packages
    assert [package for package in packages if not re.match(r"==\S+( ; .+)? \\$", package)] == []
    assert HOST.findall(text) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    named = {
        f"{name_of(path)}: {match.group()}"
        for path in FILES
        if (text := _text(path)) is not None
        for match in MACHINE_PATH.finditer(text)
    }
    assert named == set()


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


@pytest.mark.skipif(not (ROOT / "ARCHITECTURE.md").exists(), reason="not written yet")
def test_every_path_that_architecture_md_names_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    places = re.findall(r"`((?:src|tests|docs|bench|scripts|ui)/[\w./-]*)`", text)
    assert [place for place in places if not (ROOT / place).exists()] == []
