"""A file that is loaded and saved keeps its bytes; a changed value changes nothing beside it."""

from pathlib import Path

import pytest

from repro.catalog.check.texts import texts
from repro.catalog.reading.change import changed, save
from repro.catalog.reading.document import Document, Steps, decode, parse, read
from repro.catalog.reading.finding import CatalogFileError

TEXT = """\
# first
name: "A" # quoted
plain: some text   # three spaces
'single': 'it''s'
empty:
flow: {a: 1, b: [x, "y"], c: }
folded: >-
  two
  lines

# between
list:
- one
-
last: end"""


@pytest.fixture(scope="module")
def files(root: Path) -> list[Path]:
    found = sorted((root / "catalog").rglob("*.yaml"))
    assert len(found) > 60
    return found


def test_every_real_file_is_saved_with_the_same_bytes(files: list[Path], tmp_path: Path) -> None:
    for path in files:
        copy = tmp_path / path.name
        save(read(path), copy)
        assert copy.read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_other_line_ends_and_a_missing_last_one_are_kept(tmp_path: Path) -> None:
    data = b"# \xe8\xaf\x8d\r\na: 1\r\n\r\nb: 'x'"
    save(decode(data, "x.yaml"), tmp_path / "x.yaml")
    assert (tmp_path / "x.yaml").read_bytes() == data
    assert changed(decode(data, "x.yaml"), ("a",), "2").text == "# 词\r\na: \"2\"\r\n\r\nb: 'x'"


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("name",), "B", '"A"', '"B"'),
        (("name",), None, '"A"', "null"),
        (("plain",), "other text", "some text  ", "other text  "),
        (("plain",), "yes", "some text  ", '"yes"  '),
        (("plain",), "a: b # c", "some text  ", '"a: b # c"  '),
        (("plain",), 'say "hi"', "some text  ", '"say \\"hi\\""  '),
        (("single",), "it is", "'it''s'", '"it is"'),
        (("empty",), "full", "empty:", "empty: full"),
        (("flow", "a"), "2011.10566", "a: 1", 'a: "2011.10566"'),
        (("flow", "b", 0), "p, q", "[x,", '["p, q",'),
        (("flow", "c"), "z", "c: }", "c: z}"),
        (("folded",), "one line", ">-\n  two\n  lines\n", "one line\n"),
        (("folded",), "a: b", ">-\n  two\n  lines\n", '"a: b"\n'),
        (("list", 0), "first", "- one", "- first"),
        (("list", 1), "second", "-\nlast", "- second\nlast"),
        (("last",), "词", "end", '"词"'),
    ],
)
def test_a_change_touches_nothing_else(path: Steps, value: str | None, old: str, new: str) -> None:
    document = changed(parse(TEXT, "x.yaml"), path, value)
    assert TEXT.count(old) == 1
    assert document.text == TEXT.replace(old, new)
    assert dict(texts(document.value)).get(path) == value


def differing(before: Document, after: Document) -> list[Steps]:
    old, new = dict(texts(before.value)), dict(texts(after.value))
    assert list(old) == list(new)
    return [path for path in old if old[path] != new[path]]


def test_any_value_of_a_real_file_can_be_changed_alone(files: list[Path]) -> None:
    checked = 0
    for path in files[::3]:
        document = read(path, path.name)
        for steps, text in list(texts(document.value))[::101]:
            for value in (f"{text}x", "词: #", "0123456"):
                assert differing(document, changed(document, steps, value)) == [steps]
                checked += 1
    assert checked > 100


def test_a_value_of_one_line_changed_to_itself_stays_as_it_is(files: list[Path]) -> None:
    for path in files[::9]:
        document = read(path, path.name)
        for steps, text in list(texts(document.value))[::50]:
            start, end = document.span(steps)
            if document.text[start:end] in (text, f'"{text}"') and text[:1].isalpha():
                again = changed(document, steps, text)
                assert dict(texts(again.value)) == dict(texts(document.value))
                assert len(again.text) - len(document.text) in (0, 2)


@pytest.mark.parametrize(
    "path", [("flow",), ("flow", "d"), ("list", 2), ("list", "0"), ("name", 0), ("none",)]
)
def test_only_a_single_value_that_is_there_can_be_changed(path: Steps) -> None:
    with pytest.raises(KeyError):
        changed(parse(TEXT, "x.yaml"), path, "x")


@pytest.mark.parametrize("value", ["\x00", "a\u202eb", "x" * 5000])
def test_a_value_that_no_file_may_hold_is_refused(value: str) -> None:
    with pytest.raises(CatalogFileError, match=r"^x\.yaml:2:[79]: "):
        changed(parse(TEXT, "x.yaml"), ("name",), value)
