"""Reported values as tables: written with what they share, shown as rows and columns, told apart."""

from pathlib import Path

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.matrix import matrices, method_name
from repro.catalog.quotes import quotations
from repro.catalog.reading.fault import CatalogFileError
from repro.catalog.records.paper import Paper
from repro.catalog.records.tables import ReportedTable
from repro.catalog.show import paper_details
from repro.errors import UsageError
from tests.support.toy_catalog import FILES, PAPER, check_files, shared_signatures, write

REAL = Catalog.load()
START = PAPER.index("reported:\n")
AFTER = PAPER.index("claims:\n")
SHARED = (
    "{task: image-classification, dataset: imagenet-1k, split: val, protocol: linear-probe@1, metric: top1,\n"
    "             unit: percent, backbone: resnet50, doc: arXiv v1, how: table, mark: pdf}"
)
VALUES = (
    '{id: t1, epochs: 100, value: "68.1"}',
    '{id: t2, epochs: 200, value: "70.0", of: other, note: Other}',
)


def entry(shared: str = SHARED, values: tuple[str, ...] = VALUES, table: str = "table: Table 4\n") -> str:
    """The toy's entry with its reported values as one table."""
    rows = "".join(f"      - {row}\n" for row in values)
    block = f"reported:\n  - {table}    shared: {shared}\n    values:\n{rows}"
    return f"{PAPER[:START]}{block}{PAPER[AFTER:]}"


def loaded(folder: Path, text: str) -> Paper:
    root = write(folder / "catalog", {**FILES, "papers/toy.yaml": text})
    return Catalog.load(root, shared_signatures()).paper("toy")


def test_a_table_is_its_values_one_by_one(tmp_path: Path) -> None:
    first, second = loaded(tmp_path, entry()).reported
    single = (
        "{id: t1, task: image-classification, dataset: imagenet-1k, split: val, protocol: linear-probe@1,\n"
        '     metric: top1, value: "68.1", unit: percent, setting: {backbone: resnet50, epochs: 100},\n'
        "     source: {doc: arXiv v1, place: Table 4, how: table, mark: pdf}}"
    )
    text = f"{PAPER[:START]}reported:\n  - {single}\n{PAPER[AFTER:]}"
    assert loaded(tmp_path / "single", text).reported == (first,)
    assert (second.of, second.value, second.setting.note, second.source.place) == (
        "other",
        "70.0",
        "Other",
        "Table 4",
    )
    assert check_files(tmp_path / "checked", {"papers/toy.yaml": entry()}) == []


def place(text: str, part: str) -> str:
    index = text.index(part)
    return f"{text.count(chr(10), 0, index) + 1}:{index - text.rfind(chr(10), 0, index)}"


@pytest.mark.parametrize(
    ("text", "rule", "at", "says"),
    [
        (entry(SHARED.replace("metric: top1", "metirc: top1")), "R010", "metirc", "Did you mean 'metric'?"),
        (entry(values=('{id: t1, epoch: 100, value: "68.1"}',)), "R010", "epoch:", "Did you mean 'epochs'?"),
        (entry(values=('{id: t1, epochs: x, value: "68.1"}',)), "R012", "x, value", "a whole number"),
        (entry(values=('{id: t1, epochs: 100, value: "about 68"}',)), "R012", '"about 68"', "a decimal"),
        (entry(values=("{id: t1, epochs: 100}",)), "R011", "{id: t1", "'value' is missing"),
        (
            entry(values=('{id: t1, metric: top1, value: "68.1"}',)),
            "R003",
            "metric: top1, value",
            "shared by",
        ),
        (entry(table="tabel: Table 4\n"), "R011", "tabel", "'table' is missing"),
        (entry(SHARED.replace("metric: top1,", "")), "R011", "{id: t1", "'metric' is missing"),
        (entry(SHARED.replace("mark: pdf", "mark: psf")), "R012", "psf", "one of pdf"),
        (
            entry(SHARED.replace("dataset: imagenet-1k", "dataset: imagenet")),
            "R026",
            "imagenet,",
            "not in vocab",
        ),
        (entry("[task]"), "R012", "[task]", "a mapping"),
    ],
)
def test_a_fault_in_a_table_is_told_at_its_place(
    tmp_path: Path, text: str, rule: str, at: str, says: str
) -> None:
    faults = check_files(tmp_path, {"papers/toy.yaml": text})
    found = [(fault.rule.id, fault.place.removeprefix("catalog/papers/toy.yaml:")) for fault in faults]
    assert (rule, place(text, at)) in found, faults
    assert any(says in fault.message for fault in faults), faults


def test_a_faulty_table_stops_the_entry_and_no_other(tmp_path: Path) -> None:
    root = write(tmp_path / "catalog", {**FILES, "papers/toy.yaml": entry("[task]")})
    catalog = Catalog.load(root, shared_signatures())
    assert catalog.paper("other").id == "other"
    with pytest.raises(CatalogFileError, match="shared: found"):
        catalog.paper("toy")


def test_the_form_of_a_table_has_every_key_of_a_value() -> None:
    rows = ReportedTable.model_json_schema()["$defs"]["TableValue"]
    assert {"id", "value", "of", "metric", "backbone", "epochs", "note", "doc", "mark"} <= set(
        rows["properties"]
    )
    assert set(rows["required"]) == {"id", "value"}
    assert not {"setting", "source", "place"} & set(rows["properties"])


@pytest.mark.parametrize("paper", [paper for paper in REAL if paper.reported], ids=lambda paper: paper.id)
def test_every_value_stands_in_one_cell(paper: Paper) -> None:
    tables = matrices(REAL, paper, paper.reported)
    cells = [cell for table in tables for row in table.rows for cell in row.cells if cell is not None]
    assert sorted(cell.id for cell in cells) == sorted(value.id for value in paper.reported)
    for table in tables:
        assert all(len(row.cells) == len(table.columns) for row in table.rows)
        assert all(row.label for row in table.rows)


def test_a_table_is_the_papers_own() -> None:
    tables = {table.place: table for table in matrices(REAL, REAL["simsiam"], REAL["simsiam"].reported)}
    found = tables["Table 4"]
    assert found.columns == ("100 epochs", "200 epochs", "400 epochs", "800 epochs")
    assert [row.label.split(",")[0].split(";")[0] for row in found.rows] == [
        *("SimSiam", "SimCLR", "MoCo v2", "BYOL", "SwAV without multi-crop"),
    ]
    assert [cell.value for cell in found.rows[3].cells if cell] == ["66.5", "70.6", "73.2", "74.3"]
    assert tables["Table 2"].is_list
    augmentations = next(
        t for t in matrices(REAL, REAL["byol"], REAL["byol"].reported) if t.place == "Table 17"
    )
    assert augmentations.columns == ("BYOL", "SimCLR, reproduced by the authors")
    assert len(augmentations.rows) == 14


def test_the_best_of_a_paper_is_its_own() -> None:
    values = paper_details(REAL, "simsiam", print, "simsiam").reported
    assert max(float(value.value) for value in values if value.metric == "top1") == 91.8
    top1 = [v for v in REAL["simsiam"].reported if (v.dataset, v.metric) == ("imagenet-1k", "top1")]
    assert max(top1, key=lambda value: float(value.value)).of == "byol"
    assert max((v for v in top1 if v.of is None), key=lambda value: float(value.value)).value == "71.3"
    with pytest.raises(UsageError, match=r"simsiam reports no value of 'boyl'.*Did you mean 'byol'"):
        paper_details(REAL, "simsiam", print, "boyl")


def test_whose_a_value_is_has_a_name() -> None:
    values = {value.id: value for value in REAL["byol"].reported}
    names = [method_name(REAL, REAL["byol"], values[name]) for name in ("t1-r50-top1", "t5b-simclr")]
    assert names == ["BYOL", "SimCLR"]
    assert method_name(REAL, REAL["byol"], values["s3-random-init"]) == "Untrained network"


def test_quoted_numbers_stand_beside_the_original_ones() -> None:
    found = {(quote.paper.id, quote.value.id): quote for quote in quotations(REAL)}
    same = found["barlow-twins", "t1-byol-top1"]
    assert (same.original.id, same.differs) == ("t1-r50-top1", False)
    again = found["simsiam", "t4-moco-v2-200ep"]
    assert (again.owner.id, again.original.value, round(again.difference, 2)) == ("moco-v2", "67.5", 2.4)
    assert ("barlow-twins", "t7-byol-8192") not in found, "a variant is no quotation"
