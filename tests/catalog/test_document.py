"""YAML read as text: values, places, and every hostile input refused with its place."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.catalog.reading.document import MAX_BYTES, parse, read
from repro.catalog.reading.events import MAX_DEPTH, Place
from repro.catalog.reading.fault import CatalogFileError

TEXT = """\
arxiv: 2006.07730
sha: 0123456
time: 12:30
on: on
rate: 1e-3
value: 68.10
none: null
tilde: ~
empty:
quoted: "null"
list: [1, 'a b', ~]
map:
  inner: {deep: x}
"""


def test_every_scalar_stays_text() -> None:
    assert parse(TEXT, "a.yaml").value == {
        "arxiv": "2006.07730",
        "sha": "0123456",
        "time": "12:30",
        "on": "on",
        "rate": "1e-3",
        "value": "68.10",
        "none": None,
        "tilde": None,
        "empty": None,
        "quoted": "null",
        "list": ["1", "a b", None],
        "map": {"inner": {"deep": "x"}},
    }


def test_keys_and_values_keep_their_places() -> None:
    document = parse(TEXT, "a.yaml")
    assert document.place(("rate",)) == Place(5, 7)
    assert document.place(("rate",), key=True) == Place(5, 1)
    assert document.place(("list", 1)) == Place(11, 11)
    assert document.place(("map", "inner", "deep")) == Place(13, 17)


def test_a_path_that_is_not_there_has_the_place_of_its_nearest_parent() -> None:
    document = parse(TEXT, "a.yaml")
    assert document.place(("map", "inner", "missing")) == document.place(("map", "inner"))
    assert document.place(("nowhere",)) == Place(1, 1)
    assert document.place(("list", "float", 1)) == Place(
        11, 11
    )  # pydantic names branches of a union in a path


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_is_none(text: str) -> None:
    assert parse(text, "a.yaml").value is None


BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: 1\nb: [1, 2\n", "R001", 3, 1),
        ("a: 1\n b: 2\n", "R001", 2, 3),
        ("a: 1\n---\nb: 2\n", "R001", 2, 1),
        ("a: 1\n? [x]\n: y\n", "R001", 2, 3),
        ("a: 'open\n", "R001", 2, 1),
        ("a: @x\n", "R001", 1, 4),
        (BOMB, "R002", 1, 4),
        ("a: 1\nb: *a\n", "R002", 2, 4),
        ("a:\n  <<: *b\n", "R002", 2, 7),
        ("a: !!python/object/apply:os.system ['true']\n", "R002", 1, 4),
        ("a: !!python/name:os.system\n", "R002", 1, 4),
        ("a: !!str 3\n", "R002", 1, 4),
        ("a: ! 3\n", "R002", 1, 4),
        ("!!set {a}\n", "R002", 1, 1),
        ("!x a: 1\n", "R002", 1, 1),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "R003", 4, 3),
        ("a: 1\n'a': 2\n", "R003", 2, 1),
        ("a: " + "[" * 200 + "]" * 200, "R004", 1, 3 + MAX_DEPTH),
        ("{a: " * 5000, "R004", 1, None),
        ("a: x\x00y\n", "R005", 1, 5),
        ("a: 1\nb: \x1b[31mred\n", "R005", 2, 4),
        ('a: "\\x1b[31m"\n', "R005", 1, 4),
        ('a: "\\0"\n', "R005", 1, 4),
        ('"\\a": 1\n', "R005", 1, 1),
        ("a: left\u202eright\n", "R005", 1, 8),
        ("\ufeffa: 1\n", "R005", 1, 1),
    ],
)
def test_faulty_and_hostile_text_is_refused_at_its_place(
    text: str, rule: str, line: int, column: int | None
) -> None:
    with pytest.raises(CatalogFileError) as caught:
        parse(text, "a.yaml")
    (fault,) = caught.value.faults
    assert (fault.rule.id, fault.file, fault.line) == (rule, "a.yaml", line)
    assert column is None or fault.column == column
    assert str(caught.value).startswith(f"a.yaml:{line}:")


def test_a_file_over_the_limit_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a: " + b"x" * MAX_BYTES)
    with pytest.raises(CatalogFileError, match=r"larger than 1,000,000 bytes"):
        read(path)


def test_a_file_that_is_not_utf8_is_refused_on_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    with pytest.raises(CatalogFileError, match=r"latin.yaml:2:4: the file is not UTF-8"):
        read(path)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CatalogFileError, match=r"x.yaml:1:1: the file cannot be read"):
        read(tmp_path / "none.yaml", "x.yaml")


@given(st.text(max_size=60))
def test_any_text_gives_a_document_or_a_fault(text: str) -> None:
    value: object = None
    with contextlib.suppress(
        CatalogFileError
    ):  # any other exception would be a traceback for a user's mistake
        value = parse(text, "a.yaml").value
    assert value is None or isinstance(value, str | list | dict)
