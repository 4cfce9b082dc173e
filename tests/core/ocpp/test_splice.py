import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.splice import (
    Path,
    Scalar,
    list_elements,
    read_scalar,
    read_scalars,
    remove_member,
    replace_scalar,
    rewrite_list,
)


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ('{"transactionId":17}', ("transactionId",), '{"transactionId":NEW}'),
        ('{ "a" : 1E3 , "t" : 17 , "w":1.10}', ("t",), '{ "a" : 1E3 , "t" : NEW , "w":1.10}'),
        ('{"t":-1.5e+3}', ("t",), '{"t":NEW}'),
        ('{"t":"a\\"b\\\\","u":1}', ("t",), '{"t":NEW,"u":1}'),
        ('{"t":null}', ("t",), '{"t":NEW}'),
        ('\n{"u":{"t":1},"t":true\t}\n', ("t",), '\n{"u":{"t":1},"t":NEW\t}\n'),
        ('{"u":{"t":1},"t":true}', ("u", "t"), '{"u":{"t":NEW},"t":true}'),
        ('{"m":[{"v":"}]"},{"v":2}]}', ("m", 1, "v"), '{"m":[{"v":"}]"},{"v":NEW}]}'),
        ('{"m":[ 1 , [2] ,3]}', ("m", 1, 0), '{"m":[ 1 , [NEW] ,3]}'),
        ('{"m":[ 1 , [2] ,3]}', ("m", 2), '{"m":[ 1 , [2] ,NEW]}'),
        ('{"k":"t","t":1}', ("t",), '{"k":"t","t":NEW}'),
        ('{"grün":1}', ("grün",), '{"grün":NEW}'),
    ],
)
def test_one_scalar_is_replaced_and_nothing_else_moves_r17(
    before: str, path: Path, after: str
) -> None:
    assert replace_scalar(before, path, "NEW") == after


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ('{"t":1,"t":2}', ("t",), '{"t":NEW,"t":NEW}'),
        ('{"t":1,"\\u0074":2}', ("t",), '{"t":NEW,"\\u0074":NEW}'),
        ('{"u":{"t":1},"u":{"t":2}}', ("u", "t"), '{"u":{"t":NEW},"u":{"t":NEW}}'),
        ('{"t":{},"t":2}', ("t",), '{"t":{},"t":NEW}'),
    ],
)
def test_a_key_that_comes_twice_is_replaced_twice_r17(before: str, path: Path, after: str) -> None:
    assert replace_scalar(before, path, "NEW") == after


NOWHERE = [
    ("{}", ("t",)),
    ('{"u":"t"}', ("t",)),
    ('{"u":{"t":1}}', ("t",)),
    ('{"t":{"a":1}}', ("t",)),
    ('{"t":[1]}', ("t",)),
    ('{"t":1}', ()),
    ('{"t":1}', ("t", "a")),
    ('{"t":1}', ("t", 0)),
    ('{"t":[1]}', ("t", 1)),
    ('{"t":[]}', ("t", 0)),
    ('{"t":[1]}', ("t", -1)),
    ('{"t":[1]}', ("t", "0")),
    ('{"0":1}', (0,)),
    ('{"\\u0075":1}', ("t",)),
]


@pytest.mark.parametrize(("text", "path"), NOWHERE)
def test_where_there_is_no_scalar_nothing_is_replaced(text: str, path: Path) -> None:
    assert replace_scalar(text, path, "NEW", missing_ok=True) == text
    with pytest.raises(LocalUsageError, match="no scalar"):
        replace_scalar(text, path, "NEW")


@pytest.mark.parametrize(("text", "path"), NOWHERE)
def test_where_there_is_no_scalar_none_is_read(text: str, path: Path) -> None:
    assert read_scalar(text, path) is None


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ('{"t": 17}', ("t",), 17),
        ('{"t":1E3}', ("t",), 1000.0),
        ('{"t":"a\\u00fc\\n"}', ("t",), "aü\n"),
        ('{"t":false}', ("t",), False),
        ('{"t":null}', ("t",), None),
        ('{"t":1,"t":2}', ("t",), 2),
        ('{"t":1,"t":{}}', ("t",), None),
        ('{"u":{"t":1},"u":{}}', ("u", "t"), None),
        ('{"m":[{"v":"1"},{"v":"2"}]}', ("m", 1, "v"), "2"),
        (f'{{"t":{"9" * 5000}}}', ("t",), None),
        ('{"t":1e400}', ("t",), None),
    ],
)
def test_a_scalar_is_read_where_json_readers_find_it(text: str, path: Path, value: Scalar) -> None:
    found = read_scalar(text, path)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"x":1}', "{}"),
        ('{ "x" : 1 }', "{  }"),
        ('{"x":{"x":1}, "b":2}', '{"b":2}'),
        ('{ "a" : 1E3 , "x":[1,2] , "b":2 }', '{ "a" : 1E3 , "b":2 }'),
        ('{ "a":1 , "x":"," }', '{ "a":1 }'),
        ('{"x":1,"x":2}', "{}"),
        ('{"x":1,"a":{"x":3},"x":2}', '{"a":{"x":3}}'),
        ('{"\\u0078":1,"a":"\\/"}', '{"a":"\\/"}'),
        ('{"a":{"x":1}}', '{"a":{"x":1}}'),
        ('{"a":"x"}', '{"a":"x"}'),
        ("{}", "{}"),
    ],
)
def test_a_member_goes_with_its_comma_and_the_rest_stays_r17(before: str, after: str) -> None:
    assert remove_member(before, "x") == after


@pytest.mark.parametrize(
    "text", ["", " ", "[1]", '"t"', "{", '{"t"', '{"t":', '{"t":[', '{"t":,}', "{t:1}", '{"t":1,']
)
def test_what_is_no_payload_is_our_own_mistake(text: str) -> None:
    with pytest.raises(LocalUsageError):
        replace_scalar(text + '"t"', ("t",), "1", missing_ok=True)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
KEYS = st.sampled_from(["a", "b", "\u00fc", '"']) | TEXTS
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
INDENTS = st.sampled_from([None, 0, 1, "\t"])


def scalars_of(value: object, path: Path = ()) -> list[tuple[Path, Scalar]]:
    """Every scalar of a JSON value with its path."""
    match value:
        case dict():
            return [row for key, inner in value.items() for row in scalars_of(inner, (*path, key))]
        case list():
            return [row for i, inner in enumerate(value) for row in scalars_of(inner, (*path, i))]
        case str() | int() | float() | None:
            return [(path, value)]
        case _:
            raise TypeError(value)


@given(tree=TREES, indent=INDENTS, ascii_only=st.booleans(), data=st.data())
def test_any_scalar_of_any_payload_can_be_read_and_replaced_alone_r17(
    tree: dict[str, Any], indent: int | str | None, ascii_only: bool, data: st.DataObject
) -> None:
    rows = scalars_of(tree)
    assume(rows)
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    path, value = data.draw(st.sampled_from(rows))
    assert read_scalar(text, path) == value
    marker = '"<the one scalar>"'
    replaced = replace_scalar(text, path, marker)
    assert read_scalar(replaced, path) == "<the one scalar>"
    before, after = replaced.split(marker)
    assert text.startswith(before)
    assert text.endswith(after)
    assert json.loads(text[len(before) : len(text) - len(after)]) == value


@given(tree=TREES, indent=INDENTS, key=KEYS)
@example(tree={"a": 1}, indent=None, key="a")
def test_a_payload_without_a_member_is_the_payload_less_one_piece_r17(
    tree: dict[str, Any], indent: int | str | None, key: str
) -> None:
    text = json.dumps(tree, indent=indent)
    less = remove_member(text, key)
    assert json.loads(less) == {name: value for name, value in tree.items() if name != key}
    kept = next((i for i, (a, b) in enumerate(zip(text, less, strict=False)) if a != b), len(less))
    assert text.endswith(less[kept:])


def test_a_key_that_comes_twice_is_read_twice() -> None:
    text = '{"t":1,"u":{"t":2},"\\u0074":"x","t":{}}'
    assert read_scalars(text, ("t",)) == (1, "x", None)
    assert read_scalars(text, ("u", "t")) == (2,)
    assert read_scalars(text, ("v",)) == ()


LISTS = [
    ('{"l":[ "a" , "b" , "c" ] , "n":1.10}', {"b": None}, (), '{"l":[ "a" , "c" ] , "n":1.10}'),
    ('{"l":["a" , "b"]}', {"b": None}, (), '{"l":["a"]}'),
    ('{"l":["a", "b"]}', {"a": None}, (), '{"l":["b"]}'),
    ('{"l":[ "a" ]}', {"a": None}, (), '{"l":[  ]}'),
    ('{"l":[ "a" ]}', {"a": None}, ('"z"',), '{"l":[ "z" ]}'),
    ('{"l":["a"]}', {}, ('"y"', '"z"'), '{"l":["a","y","z"]}'),
    ('{"l":[ ]}', {}, (), '{"l":[ ]}'),
    ('{"l":[ ]}', {}, ('"z"',), '{"l":["z" ]}'),
    ('{"l":["a"],"l":["a"]}', {"a": "1"}, (), '{"l":[1],"l":[1]}'),
    ('{"k":1}', {"a": "1"}, (), '{"k":1}'),
    ('{ "k":1}', {}, ('"z"',), '{"l":["z"], "k":1}'),
    ("{ }", {}, ('"z"',), '{"l":["z"] }'),
    ('{"l":null}', {}, ('"z"',), '{"l":["z"]}'),
]


@pytest.mark.parametrize(("before", "changes", "added", "after"), LISTS)
def test_elements_of_a_list_are_changed_and_nothing_else_moves_r17(
    before: str, changes: dict[str, str | None], added: tuple[str, ...], after: str
) -> None:
    def change(element: str) -> str | None:
        return changes.get(json.loads(element), element)

    assert rewrite_list(before, "l", change, added) == after
    json.loads(after)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ('{"l":[ {"a":[1]} , "b"]}', ('{"a":[1]}', '"b"')),
        ('{"l":[1],"l":[2]}', ("2",)),
        ('{"l":[]}', ()),
        ('{"l":"x"}', ()),
        ("{}", ()),
    ],
)
def test_the_elements_of_a_list_are_read_as_they_stand_r17(
    text: str, elements: tuple[str, ...]
) -> None:
    assert list_elements(text, "l") == elements
