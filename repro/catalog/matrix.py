"""The values that a paper reports at one place as the table they are there: rows by columns.

What all values share stands above the table; what is different between columns is one thing (what was
measured, epochs, batch, method or encoder), and all else that varies names the rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper, Reported

MEASURE = ("data", "protocol", "metric")  # together what was measured
COLUMNS = (
    "measure",
    "epochs",
    "batch",
    "method",
    "backbone",
)  # what may tell columns apart, first choice first
ROWS = ("method", "backbone", "epochs", "batch", "note", "document")
LEAST_FILLED = 0.5  # of a table's cells; below it is no table but a list

Facts = Mapping[str, str]  # {what is said of a value: in which words}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A row of a table: its name and a cell for each column."""

    label: str
    cells: tuple[Reported | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The values of one place: what all share, the names of the columns, the rows."""

    place: str
    shared: str
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]

    @property
    def is_list(self) -> bool:
        """True if there is one column or one row, so that nothing crosses."""
        return len(self.columns) < 2 or len(self.rows) < 2


def method_name(catalog: Catalog, paper: Paper, value: Reported) -> str:
    """Whose a value is, in words: the paper's own name, another paper's, or that of a baseline."""
    if value.of is None:
        return paper.name
    if value.of in catalog:
        return catalog.paper(value.of).name
    word = catalog.vocabulary("methods").get(value.of)
    return word.name if word else value.of


def matrices(catalog: Catalog, paper: Paper, values: Sequence[Reported]) -> tuple[Matrix, ...]:
    """The values as a table for each place, in the order of the entry."""
    places: dict[str, list[Reported]] = defaultdict(list)
    for value in values:
        places[value.source.place].append(value)
    return tuple(_matrix(catalog, paper, place, members) for place, members in places.items())


def _matrix(catalog: Catalog, paper: Paper, place: str, values: Sequence[Reported]) -> Matrix:
    facts = _with_methods(catalog, paper, [_facts(catalog, value) for value in values], values)
    common = [name for name in (*MEASURE, *ROWS) if not _varies(facts, name)]
    shared = "; ".join(facts[0][name] for name in common if facts[0][name])
    facts = _with_measure(facts)
    for column in COLUMNS:
        if _varies(facts, column) and (crossed := _cross(values, facts, column)):
            return Matrix(place, shared, *crossed)
    named = [name for name in ("measure", *ROWS) if _varies(facts, name)]
    lines = zip(values, facts, strict=True)
    rows = (MatrixRow(_label(fact, named) or fact["method"], (value,)) for value, fact in lines)
    return Matrix(place, shared, ("value",), tuple(rows))


def _varies(facts: Sequence[Facts], name: str) -> bool:
    """True if not all values say the same of this."""
    return len({fact[name] for fact in facts}) > 1


def _cross(
    values: Sequence[Reported], facts: Sequence[Facts], column: str
) -> tuple[tuple[str, ...], tuple[MatrixRow, ...]] | None:
    """(columns, rows) with this in the columns; None if two values meet in a cell, or few cells are filled.

    What is the same in each column, such as the method where one column is of supervised training, joins the
    names of the columns.
    """
    rest = [name for name in ("measure", *ROWS) if name != column and _varies(facts, name)]
    joined = [name for name in rest if _follows(facts, name, column)]
    rest = [name for name in rest if name not in joined]
    cells: dict[str, dict[str, Reported]] = defaultdict(dict)
    for value, fact in zip(values, facts, strict=True):
        cells[_label(fact, rest) or fact["method"]][_label(fact, [*joined, column])] = value
    columns = tuple(dict.fromkeys(_label(fact, [*joined, column]) for fact in facts))
    filled = sum(map(len, cells.values()))
    if len(cells) < 2 or filled < len(values) or filled <= LEAST_FILLED * len(cells) * len(columns):
        return None
    rows = (MatrixRow(label, tuple(map(row.get, columns))) for label, row in cells.items())
    return tuple(name or "not stated" for name in columns), tuple(rows)


def _follows(facts: Sequence[Facts], name: str, column: str) -> bool:
    """True if all values of a column say the same of ``name``."""
    return len({(fact[column], fact[name]) for fact in facts}) == len({fact[column] for fact in facts})


def _label(fact: Facts, names: Sequence[str]) -> str:
    """The words of these, without a method that the note names anyway."""
    kept = [name for name in names if not (name == "method" and "note" in names and _names_itself(fact))]
    return "; ".join(fact[name] for name in kept if fact[name])


def _names_itself(fact: Facts) -> bool:
    """True if the note begins with the method's name."""
    return fact["note"].startswith(fact["method"])


def _facts(catalog: Catalog, value: Reported) -> dict[str, str]:
    """What is said of a value, in words."""
    words = (("datasets", value.dataset), ("protocols", value.protocol), ("metrics", value.metric))
    data, protocol, metric = (
        catalog.vocabulary(name)[term].name if term in catalog.vocabulary(name) else term
        for name, term in words
    )
    setting = value.setting
    return {
        "data": f"{data} ({value.split})",
        "protocol": protocol,
        "metric": metric,
        "backbone": setting.backbone or "",
        "epochs": f"{setting.epochs} epochs" if setting.epochs is not None else "",
        "batch": f"batch {setting.batch}" if setting.batch is not None else "",
        "note": setting.note or "",
        "document": value.source.doc,
    }


def _with_measure(facts: Sequence[Facts]) -> list[Facts]:
    """The facts with what was measured in one: of data, protocol and metric those that vary."""
    varying = [name for name in MEASURE if _varies(facts, name)]
    return [{**fact, "measure": _label(fact, varying)} for fact in facts]


def _with_methods(
    catalog: Catalog, paper: Paper, facts: Sequence[dict[str, str]], values: Sequence[Reported]
) -> list[Facts]:
    """The facts with the method of each value; what all notes of one method say moves to its name."""
    notes: dict[str, list[list[str]]] = defaultdict(list)
    for fact, value in zip(facts, values, strict=True):
        notes[value.of or ""].append(fact["note"].split("; "))
    common = {
        of: [part for part in parts[0] if all(part in other for other in parts)] if of else []
        for of, parts in notes.items()
    }
    named_facts: list[Facts] = []
    for fact, value in zip(facts, values, strict=True):
        said = [part for part in common[value.of or ""] if part]
        rest = [part for part in fact["note"].split("; ") if part not in said]
        name = method_name(catalog, paper, value)
        named = "; ".join(said)
        label = named if named.startswith(name) else f"{name}{', ' if named else ''}{named}"
        named_facts.append({**fact, "method": label, "note": "; ".join(rest)})
    return named_facts
