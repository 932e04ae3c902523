"""The lines of a table that may hold anything: each with its number, or one sentence that names the line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from repro.errors import DataError
from repro.learning.data.listing import ImageFile, shown

LARGEST = 256 * 2**20  # bytes of a table


def lines_of(table: ImageFile) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, its cells) of a table, blank lines left out. DataError if it cannot be read."""
    if table.bytes > LARGEST:
        raise DataError(
            f"{shown(table.path)} is larger than {LARGEST // 2**20} MiB; split it or take it away"
        )
    line = 0
    try:
        with Path(table.path).open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file.readline())
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for cells in reader:
                if any("\0" in cell for cell in cells):
                    raise csv.Error("a byte that is zero")
                line = reader.line_num
                if cells:
                    yield line, cells
    except UnicodeDecodeError as error:
        raise DataError(
            f"{shown(table.path)}, line {_not_utf8(table.path)}: this is not UTF-8 text; "
            "save it as CSV in UTF-8"
        ) from error
    except csv.Error as error:
        raise DataError(
            f"{shown(table.path)}, line {line + 1}: cannot be read as CSV ({error}); repair it there, "
            "or take the table away"
        ) from error
    except OSError as error:
        raise DataError(f"{shown(table.path)} cannot be read ({error.strerror or error})") from error


def _not_utf8(path: str) -> int:
    """The number of the first line that is not UTF-8."""
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.isascii() and "\ufffd" in line.decode(errors="replace"):
                return number
    return 1


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)
