"""Tables of labels: how their columns and cells are understood, and tables that are damaged or hostile."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repro.errors import DataError
from repro.learning.data.listing import ImageFile, find_images
from repro.learning.data.tables import Labels, read_tables


def read(root: Path, text: str | bytes, name: str = "labels.csv", images: tuple[str, ...] = ()) -> Labels:
    for image in images or ("0.png", "1.png", "deep/2.png", "deep/3.png"):
        (root / image).parent.mkdir(parents=True, exist_ok=True)
        (root / image).touch()
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    listing = find_images(root)
    return read_tables(listing.tables, listing.images)


def classes(labels: Labels, root: Path) -> dict[str, str]:
    return {str(Path(path).relative_to(root)): row.label for path, row in labels.rows.items()}


@pytest.mark.parametrize(
    "text",
    [
        "filename,label\n0.png,a\ndeep/2.png,b\n",
        "Image_ID,Class\n0,a\n2,b\n",
        "label;file\na;./0.png\nb;deep\\2.png\n",
        "id\tname\tCategory\n7\t0.png\ta\n8\t2.png\tb\n",
        "\ufeffpath,target\n/kaggle/input/x/0.png,a\n/kaggle/input/x/deep/2.png,b\n",
        'id,breed\n"0","a"\n\n"2"," b "\n',
        "image,id\n0.png,a\n2.png,b\n",
        "filename,width,class\r\n0.png,3,a\r\n2.png,4,b\r\n",
    ],
    ids=["usual", "stems", "semicolons", "tabs", "full paths", "quotes", "the other of two", "three columns"],
)
def test_columns_are_known_by_usual_names(tmp_path: Path, text: str) -> None:
    assert classes(read(tmp_path, text), tmp_path) == {"0.png": "a", "deep/2.png": "b"}


def test_the_folder_tells_images_of_one_name_apart(tmp_path: Path) -> None:
    images = ("a/x.png", "b/x.png", "b/y.png")
    labels = read(tmp_path, "file,label\na/x.png,1\nb/x.png,2\n", images=images)
    assert classes(labels, tmp_path) == {"a/x.png": "1", "b/x.png": "2"}
    with pytest.raises(
        DataError, match=r"labels\.csv, line 2: 'x\.png' can mean 2 images; name it with its folder"
    ):
        read(tmp_path, "file,label\nx.png,1\n", images=images)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("width,height\n1,2\n", "labels.csv (no classes in it)"),
        ("id\n0\n", "labels.csv (no classes in it)"),
        ("id,split\n0,train\n", "labels.csv (no classes in it)"),
        ("", "labels.csv (no classes in it)"),
        ("filename,class,xmin\n0.png,a,3\n0.png,b,4\n", "labels.csv (no classes in it)"),
    ],
)
def test_a_table_of_something_else_is_counted(tmp_path: Path, text: str, reason: str) -> None:
    labels = read(tmp_path, text)
    assert (labels.rows, dict(labels.unused)) == ({}, {reason: 1})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"id,label\n0.png,\xff\xfe\n", r"labels\.csv, line 2: this is not UTF-8"),
        (b"id,label\n0.png,a\x00b\n", r"labels\.csv, line 2: cannot be read as CSV"),
        (b'id,label\n0.png,"a\n1.png,b\n', r"labels\.csv, line 2: cannot be read as CSV \(unexpected end"),
        (b"id,label\n0.png," + b"a" * 200_000, r"labels\.csv, line 2: cannot be read as CSV \(field larger"),
        (b"id,label\n0.png,a\n1.png\n", r"labels\.csv, line 3: found 1 columns, expected at least 2"),
        (b"id,label\n0.png,a\n0.png,b\n", r"line 3: 0\.png is 'b' here and 'a' in line 2"),
        (
            b"id,label\nx.png,a\ny.png,b\n",
            r"line 2: none of its 2 rows names an image that is there, such as 'x\.png'",
        ),
        (b"id,label\n", r"line 2: none of its 0 rows"),
        (
            b"id,label,split\n0.png,a,train\n1.png,a,later\n",
            r"line 3: the split is 'later'; expected one of train,",
        ),
        (b"id,label,is_valid\n0.png,a,perhaps\n", "line 2: found 'perhaps', expected true or false"),
        (b"id,label\n../../etc/passwd,root\n", r"none of its 1 rows names an image"),
        (b"id,label\n\x1b[31m.png,a\n", r"such as '\\+x1b\[31m\.png'"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_a_damaged_table_is_told_with_its_line(tmp_path: Path, text: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(tmp_path, text)
    assert str(caught.value).isprintable()


def test_a_table_that_is_too_large_is_refused() -> None:
    with pytest.raises(DataError, match="is larger than 256 MiB"):
        read_tables([ImageFile("x.csv", ("x.csv",), 2**40, 1)], [])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=80), st.text("id,label\n\"0.png;\tab'\0", max_size=80).map(str.encode)))
def test_any_bytes_give_labels_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    sentence = "labels.csv"
    try:
        labels = read(tmp_path, b"id,label\n" + content)
        assert all(row.label for row in labels.rows.values())
    except DataError as error:
        sentence = str(error)
    assert sentence.isprintable()
    assert "labels.csv" in sentence
