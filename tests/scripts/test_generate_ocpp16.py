import ast
import sys
from pathlib import Path

import pytest
from scripts.generate_ocpp16 import TARGET, Shared, digest, main, read_schemas


def test_the_generated_types_are_those_of_the_installed_schemas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = tmp_path / "fresh.py"
    monkeypatch.setattr(sys, "argv", ["generate_ocpp16.py", str(fresh)])
    main()
    # Compared as programs: how a formatter breaks lines is no difference.
    committed = ast.parse(TARGET.read_text(encoding="utf-8"))
    assert ast.dump(ast.parse(fresh.read_text(encoding="utf-8"))) == ast.dump(committed)


def test_the_header_names_the_schemas_and_no_time() -> None:
    header = TARGET.read_text(encoding="utf-8").split('"""')[1]
    assert digest(read_schemas()) in header
    assert "timestamp" not in header


def test_a_type_within_messages_never_takes_the_name_of_a_different_one() -> None:
    def message(kind: str) -> dict[str, object]:
        inner = {"type": "object", "properties": {"value": {"type": kind}}}
        return {"type": "object", "properties": {"info": inner}}

    shared = Shared()
    shared.lift(message("string"), "Boot", {})
    shared.lift(message("string"), "Reset", {})
    shared.lift(message("integer"), "Boot", {})
    assert list(shared.types) == ["Info", "BootInfo"]
    with pytest.raises(LookupError, match="no name is left for Info in Boot"):
        shared.lift(message("boolean"), "Boot", {})
