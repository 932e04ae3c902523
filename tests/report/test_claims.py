"""The report of verdicts: one quiet page; the paper's number held against ours only where it may be."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from repro.catalog.catalog import Catalog
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.records.experiment import ARMS, Expectation, Kind
from repro.catalog.records.paper import Reported
from repro.catalog.records.recipe import Benchmark
from repro.catalog.settings.resolve import resolve
from repro.evidence.run import Run
from repro.report import write as reports
from repro.report.claim.agreement import Agreement, compare_reported
from repro.report.claim.arms import ArmMetric
from repro.report.claim.expected import RULES, describe_expectation
from repro.report.claim.view import ClaimView, core_minutes, render_claims, verdict_id
from repro.report.drawing.forest import WIDTH, Limit, PlotRow, row_plot
from repro.report.page import prose
from repro.verdicts.verdict import Verdict, verdicts
from tests.report.test_report import EVIL, Page
from tests.support import fake_evidence, toy_catalog
from tests.website.test_pages_claims import HIGH, LOW, TOY, numbers, runs


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return toy_catalog.catalog(tmp_path, {"papers/toy.yaml": TOY})


def judged(catalog: Catalog, found: Sequence[Run]) -> list[Verdict]:
    return [verdict for verdict in verdicts(catalog, found) if verdict.paper == "toy"]


Ours = tuple[Reported, Benchmark, ResolvedConfig]


@pytest.fixture
def ours(catalog: Catalog) -> Ours:
    """A number of the toy paper moved to our data, protocol, encoder and budget."""
    benchmark, config = catalog.benchmark("digits"), resolve(catalog, "toy")
    number = catalog.paper("toy").reported[0]
    setting = number.setting.model_copy(
        update={"backbone": config.encoder.name, "epochs": config.budget.epochs}
    )
    update = {"dataset": "digits", "protocol": benchmark.protocol.linear, "setting": setting}
    return number.model_copy(update=update), benchmark, config


def moved(reported: Reported, setting: dict[str, object], **changes: object) -> Reported:
    return reported.model_copy(update={"setting": reported.setting.model_copy(update=setting), **changes})


@pytest.mark.parametrize(
    ("value", "word"),
    [("79", "below"), ("80", "inside"), ("85", "inside"), ("90", "inside"), ("91", "above")],
)
def test_numbers_of_the_same_circumstances_compare(ours: Ours, value: str, word: str) -> None:
    reported, benchmark, config = ours
    theirs = moved(reported, {"epochs": 999}, dataset="Digits", value=value)
    found = compare_reported(theirs, benchmark, config, "linear", (0.8, 0.9))
    assert found.position == word
    assert found.text == f"the paper's number is {word} our 95\u00a0% interval"


@pytest.mark.parametrize(
    ("changes", "setting", "why"),
    [
        ({"dataset": "imagenet-1k"}, {}, "other data set"),
        ({}, {"backbone": "resnet50"}, "other encoder"),
        ({}, {"backbone": None}, "other encoder"),
        ({"protocol": "linear-probe@1"}, {}, "other protocol"),
        ({"protocol": "linear/lbfgs@2"}, {}, "other protocol"),
        ({"dataset": "imagenet-1k"}, {"epochs": 999}, "other data set and budget"),
        (
            {"dataset": "imagenet-1k"},
            {"backbone": "resnet50", "epochs": 999},
            "other data set, encoder and budget",
        ),
    ],
)
def test_what_differs_is_named_and_nothing_is_compared(
    ours: Ours, changes: dict[str, object], setting: dict[str, object], why: str
) -> None:
    reported, benchmark, config = ours
    found = compare_reported(moved(reported, setting, **changes), benchmark, config, "linear", (0.1, 0.9))
    assert found == Agreement("not comparable", why)
    assert found.text == f"not comparable: {why}"


def test_without_an_interval_nothing_is_compared(ours: Ours) -> None:
    assert compare_reported(*ours, "linear", None).text == "not comparable: too few runs of ours"


def test_only_probes_have_a_protocol(ours: Ours) -> None:
    assert compare_reported(*ours, "std", (0.8, 0.9)).text == "not comparable: other protocol"


def test_an_arm_is_compared_in_the_papers_own_circumstances(tmp_path: Path) -> None:
    """The toy paper's number, 68.10 %, moved to our data, protocol and encoder."""
    text = TOY.replace("dataset: imagenet-1k", "dataset: digits").replace("linear-probe@1", "linear/lbfgs@1")
    text = text.replace("backbone: resnet50", "backbone: small")
    found = toy_catalog.catalog(tmp_path, {"papers/toy.yaml": text})
    for values, word in ((HIGH, "below"), (LOW, "above"), ((0.6, 0.65, 0.68, 0.7, 0.75), "inside")):
        view = ClaimView(found, judged(found, runs(found, values, LOW))[0])
        assert [(arm, agreement.position) for arm, agreement in view.agreements] == [("with", word)]
        assert ("Kind and tier", "re-implemented; tier digits") in view.labels


def test_report_shows_every_state(catalog: Catalog) -> None:
    found = judged(catalog, runs(catalog, HIGH, LOW))
    page = Page(render_claims(found, catalog))
    assert page.says("Claims of Toy")
    assert page.says("4 claims, judged by rule v1")
    assert page.says("2 supported 1 not testable here 1 no test yet")
    assert page.says("with is above without by .600 in linear")
    assert page.says("Seen here as the paper says.")
    assert page.says("It takes a cluster.")
    assert page.says("In every arm: budget.epochs=3 .")
    assert page.says("68.10 % Top1, Table 1")
    assert page.says("repro verify toy works")
    assert page.tags.count("h1") == 1
    assert page.tags.count("svg") == 1 + 2 * 2  # the mark, then seeds and difference of the two with a test
    assert Page(render_claims([], catalog)).says("There is no trained claim to show.")


def test_report_is_one_file_that_loads_nothing(catalog: Catalog) -> None:
    found = judged(catalog, runs(catalog, HIGH, LOW))
    text = render_claims(found, catalog)
    assert text == render_claims(judged(catalog, runs(catalog, HIGH, LOW)[::-1]), catalog)
    page = Page(text)
    assert page.loads == []
    assert "script" not in page.tags
    assert "://" not in text
    assert "@import" not in text


def test_report_of_stale_and_exploratory_runs(catalog: Catalog) -> None:
    old = [fake_evidence.other_code(run) for run in runs(catalog, HIGH, LOW)]
    assert Page(render_claims(judged(catalog, old), catalog)).says("not run, stale")
    given = {"with": numbers(HIGH), "without": numbers(LOW)}
    dirty = fake_evidence.evidence(catalog, "toy", "works", given, dirty=True)
    dirty = [replace(run, folder=Path("runs/claims/0123")) for run in dirty]
    page = Page(render_claims(judged(catalog, dirty), catalog))
    assert page.says("Exploratory: some runs were made from files that no commit holds")
    assert page.says("not recorded")


def test_hostile_records_stay_text(catalog: Catalog) -> None:
    found = [
        replace(
            run,
            summary=replace(run.summary, status=EVIL if run.config.seed == 1 else "finished"),
            environment=replace(run.environment, commit=EVIL),
        )
        for run in runs(catalog, HIGH, LOW)
    ]
    text = TOY.replace("It is a matter of the loss.", "'" + EVIL.replace("'", "''") + "'")
    (catalog.root / "papers" / "toy.yaml").write_text(text, "utf-8")
    again = Catalog.load(catalog.root, catalog.signatures)
    page = Page(render_claims(judged(again, found), again))
    assert page.handlers == []
    assert not {"script", "img"} & set(page.tags)
    assert page.words.count("<script>alert(1)</script>") >= 2


def test_write_claims(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalog, "load", lambda: catalog)
    path = reports.write_claims(judged(catalog, runs(catalog, HIGH, LOW)), tmp_path / "claims.html")
    assert Page(path.read_text("utf-8")).says("Claims of Toy")


def test_cost_and_id_of_a_verdict(catalog: Catalog) -> None:
    verdict = judged(catalog, runs(catalog, HIGH, LOW))[0]
    assert core_minutes(verdict) == pytest.approx(10 * 36 / 60)
    assert re.fullmatch(r"v1-[0-9a-f]{12}", verdict_id(verdict))
    assert verdict_id(judged(catalog, [])[0]) == ""
    assert verdict_id(judged(catalog, runs(catalog, HIGH, LOW))[0]) == verdict_id(verdict)
    other = judged(catalog, runs(catalog, HIGH, tuple(value + 0.001 for value in LOW)))[0]
    assert verdict_id(other) != verdict_id(verdict)  # the same configurations with other numbers


def test_mean_and_interval_of_an_arm() -> None:
    found = ArmMetric("linear", (0.8, 0.82, 0.84))
    assert found.mean == pytest.approx(0.82)
    half = 4.302653 * 0.02 / math.sqrt(3)  # t with two degrees of freedom
    assert found.interval == pytest.approx((0.82 - half, 0.82 + half), abs=1e-6)
    assert found.interval_text == "0.770 to 0.870"
    alone = ArmMetric("linear", (0.8,))
    assert (alone.mean_text, alone.interval, alone.interval_text) == ("0.800", None, "–")
    assert ArmMetric("loss", ()).mean_text == "–"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_expectation_is_spelt_out(kind: Kind) -> None:
    arms = tuple("abc"[: ARMS[kind][0]])
    collapse = kind in ("collapse", "no-collapse")
    text = describe_expectation(
        Expectation(
            kind=kind, arms=arms, metric=None if collapse else "knn", margin=None if collapse else 0.05
        )
    )
    assert all(f"`{arm}`" in text for arm in (arms[0], arms[-1]))
    assert ("0.05" in text) == ("accuracy" in text) == (not collapse)
    assert "upported" in RULES[kind]


ROWS = [PlotRow("a − b", "+0.10", (), 0.1, -0.1, 0.3), PlotRow("with <b>", "0.5", (0.4, 0.6, math.nan), 0.5)]


def test_rows_are_drawn_inside_and_told_in_words() -> None:
    limits = (Limit(0.0), Limit(-0.05, "margin −0.05"), Limit(0.05, "margin 0.05"))
    text = row_plot("x", "Differences", "a − b: +0.10", ROWS, label="difference", limits=limits)
    page = Page(str(text))
    assert page.says("Differences a − b: +0.10")
    assert page.says("with <b>")
    places = [float(x) for x in re.findall(r'(?:x1|x2|cx|x)="([-0-9.]+)"', text)]
    assert 0 <= min(places) <= max(places) <= WIDTH
    assert page.tags.count("circle") == 2
    assert text == row_plot("x", "Differences", "a − b: +0.10", ROWS, label="difference", limits=limits)


@pytest.mark.parametrize(("margin", "outside"), [(0.01, True), (0.3, False)])
def test_names_of_two_margins_keep_apart(margin: float, outside: bool) -> None:
    limits = (Limit(-margin, "low"), Limit(margin, "high"))
    text = row_plot("x", "t", "d", ROWS, label="l", limits=limits)
    anchors = dict(re.findall(r'<text class="(note(?: end)?)"[^>]*>(low|high)<', text))
    assert anchors == (
        {"note end": "low", "note": "high"} if outside else {"note": "low", "note end": "high"}
    )


def test_prose_sets_code_and_escapes() -> None:
    assert prose("`a<b` & <i>") == "<code>a&lt;b</code> &amp; &lt;i&gt;"
