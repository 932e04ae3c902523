"""Labels from a table beside the images: which column names the file, which the class, which the split.

A table is a CSV or TSV file in UTF-8 whose first line names its columns, in any case. The column of the
file is one of ``FILE_COLUMNS`` whose values name images: by their path, by the end of it, or by their name
with or without an extension. The column of the class is one of ``CLASS_COLUMNS``, or the other one of two.
A column of ``SPLIT_COLUMNS`` says train, valid or test, one of ``VALIDATION_COLUMNS`` true or false; without
either the table's own name may say it, as ``valid.csv`` does.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from repro.catalog.prose import NBSP, join_words, plural
from repro.errors import DataError
from repro.learning.data.lines import lines_of
from repro.learning.data.listing import ImageFile, shown
from repro.learning.data.splits import ROLES, Role, role_of

FILE_COLUMNS = (
    *("filename", "file", "path", "filepath", "imagepath", "image", "img", "imagefile", "imagename"),
    *("imageindex", "imagefilename", "fname", "imageid", "imgid", "name", "id", "idcode"),
)
CLASS_COLUMNS = (
    *("label", "labels", "class", "classname", "category", "categoryname", "target", "classlabel"),
    *("labelname", "species", "breed", "diagnosis", "y", "classid", "labelid", "categoryid"),
    *("dx", "type", "disease", "finding", "findinglabels", "annotation", "groundtruth", "cls", "variety"),
)
SPLIT_COLUMNS = ("split", "set", "subset", "partition")
VALIDATION_COLUMNS = ("isvalid", "isval", "isvalidation")
TRUE, FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")
BOXES = {"xmin", "ymin", "bbox", "x1", "encodedpixels"}  # a row for each object, so no class of the image
PLACEHOLDER = "submission"  # in the name of a table whose classes are placeholders


@dataclass(frozen=True)
class Row:
    """What a table says of an image; ``line`` is where."""

    label: str
    split: Role | None
    table: str
    line: int

    @property
    def words(self) -> str:
        """Class and split, as they stand in an error."""
        return f"{shown(self.label)[:40]!r}" + (f" of {self.split}" if self.split else "")


@dataclass
class Labels:
    """What tables say of images, by path, and how many of their rows say nothing of use."""

    rows: dict[str, Row] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)  # those that were used, by name
    unused: Counter[str] = field(default_factory=Counter)

    @property
    def names(self) -> str:
        """The tables, as they stand in a sentence."""
        first, *others = self.tables
        return (
            f"{first} and {plural(len(others), 'other table').replace(NBSP, ' ')}"
            if len(others) > 1
            else join_words(self.tables)
        )


def read_tables(tables: Sequence[ImageFile], images: Sequence[ImageFile]) -> Labels:
    """The labels of ``images`` that ``tables`` give.

    A table without the two columns counts as another file, one whose name says ``submission`` too. DataError
    with file and line for one that is damaged, contradicts itself, or names no image that is there.
    """
    labels = Labels()
    for table in tables:
        header = None if PLACEHOLDER in table.name[-1].lower() else _Header.read(table)
        if header is None or not header.classes:
            labels.unused[f"{shown(table.name[-1])} (no classes in it)"] += 1
            continue
        _add(labels, table, header, _FileNames(_in_reach(table, images)))
    return labels


def _in_reach(table: ImageFile, images: Sequence[ImageFile]) -> Sequence[ImageFile]:
    """The images a table is about: ``train.csv`` those in ``train/``, any other those in its own folder."""
    role = role_of(PurePosixPath(table.name[-1]).stem)
    named = [image for image in images if role and role in map(role_of, image.name[:-1])]
    parents = table.name[:-1]
    return named or [image for image in images if image.name[: len(parents)] == parents] or images


class _FileNames:
    """The images by what a table may call them."""

    def __init__(self, images: Sequence[ImageFile]) -> None:
        self.by_name: dict[str, list[ImageFile]] = {}
        for image in images:
            for key in {image.name[-1], PurePosixPath(image.name[-1]).stem}:
                self.by_name.setdefault(key, []).append(image)

    def matching(self, text: str) -> list[ImageFile]:
        """The images that a cell can mean: those with the longest common end of their paths."""
        parts = [part for part in text.strip().replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts:
            return []
        candidates = self.by_name.get(parts[-1], [])
        whole = [image for image in candidates if image.name[-1] == parts[-1]] or candidates
        if len(whole) < 2:
            return whole
        lengths = [_common_end(image.name[:-1], parts[:-1]) for image in whole]
        return [image for image, length in zip(whole, lengths, strict=True) if length == max(lengths)]


def _common_end(one: Sequence[str], another: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(another), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one), len(another)))


@dataclass(frozen=True)
class _Header:
    """The columns of a table by what they hold; those of files and classes in the order they are tried."""

    files: list[int]
    classes: list[int]
    splits: list[int]
    validation: list[int]

    @classmethod
    def read(cls, table: ImageFile) -> "_Header | None":
        """The first line of a table; None if it names no column of files."""
        first = next(lines_of(table), None)
        if first is None:
            return None
        words = ["".join(c for c in cell.lower() if c.isalnum()) for cell in first[1]]
        files = _places(FILE_COLUMNS, words)
        if not files or BOXES.intersection(words):
            return None
        classes = [place for place in _places(CLASS_COLUMNS, words) if len(words) > 1]
        splits, validation = _places(SPLIT_COLUMNS, words), _places(VALIDATION_COLUMNS, words)
        if not classes and len(words) == 2 and not (splits or validation):
            classes = [1 - files[0]]
        return cls(files, classes, splits, validation)


def _places(names: Sequence[str], words: Sequence[str]) -> list[int]:
    return [words.index(name) for name in names if name in words]


def _add(labels: Labels, table: ImageFile, header: _Header, names: _FileNames) -> None:
    """Add the rows of a table to ``labels``."""
    rows = list(lines_of(table))[1:]
    place = next((p for p in header.files if any(names.matching(_cell(table, row, p)) for row in rows)), None)
    if place is None:
        example = f", such as {shown(rows[0][1][header.files[0]])[:60]!r}" if rows else ""
        raise DataError(
            f"{shown(table.path)}, line 2: none of its {len(rows)} rows names an image that is there"
            f"{example}; name the files as they lie beside the table, or take the table away"
        )
    labels.tables.append(shown(table.name[-1]))
    splits = [p for p in header.splits if any(role_of(_cell(table, row, p).strip()) for row in rows)]
    header = replace(header, splits=splits)
    column = next(p for p in (*header.classes, 1 - place) if p != place)
    for line, cells in rows:
        matches = names.matching(_cell(table, (line, cells), place))
        if len(matches) > 1:
            raise DataError(
                f"{shown(table.path)}, line {line}: {shown(cells[place])[:60]!r} can mean "
                f"{len(matches)} images; name it with its folder"
            )
        label = _cell(table, (line, cells), column).strip()
        if not matches or not label:
            kind = "without an image" if label else "without a class"
            labels.unused[f"rows of {shown(table.name[-1])} {kind}"] += 1
            continue
        split = _split(table, line, cells, header)
        row = Row(label, split, shown(table.name[-1]), line)
        _set(labels.rows, matches[0], row, table)


def _cell(table: ImageFile, row: tuple[int, list[str]], place: int) -> str:
    line, cells = row
    if place >= len(cells):
        raise DataError(
            f"{shown(table.path)}, line {line}: found {len(cells)} columns, expected at least {place + 1} "
            "as in its first line"
        )
    return cells[place]


def _set(rows: dict[str, Row], image: ImageFile, row: Row, table: ImageFile) -> None:
    """DataError if an image was given another class or split before."""
    before = rows.get(image.path, row)
    rows[image.path] = row if before.split is None else before
    if before.label != row.label or (before.split and row.split and before.split != row.split):
        raise DataError(
            f"{shown(table.path)}, line {row.line}: {shown(image.name[-1])} is {row.words} here and "
            f"{before.words} in line {before.line} of {before.table}; an image has one class and one split"
        )


def _split(table: ImageFile, line: int, cells: list[str], header: _Header) -> Role | None:
    """The split that a row names, else its table by its own name; None for an empty cell, or neither."""
    for place in header.splits:
        text = _cell(table, (line, cells), place).strip()
        if text and role_of(text) is None:
            words = ", ".join(word for word in ROLES if word.isascii())
            raise DataError(
                f"{shown(table.path)}, line {line}: the split is {shown(text)[:40]!r}; "
                f"expected one of {words}"
            )
        return role_of(text)
    for place in header.validation:
        text = _cell(table, (line, cells), place).strip().lower()
        if text not in TRUE + FALSE:
            raise DataError(
                f"{shown(table.path)}, line {line}: found {shown(text)[:40]!r}, expected true or false"
            )
        return "val" if text in TRUE else "train"
    return role_of(PurePosixPath(table.name[-1]).stem)


def used_splits(rows: Mapping[str, Row]) -> set[Role]:
    """The splits that rows name."""
    return {row.split for row in rows.values() if row.split}
