"""What each export says of an entry, form by form."""

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest

from repro.catalog.catalog import Catalog
from repro.errors import UsageError
from repro.exports import bibtex, cite, csl, feed, head, table, venue, whole
from repro.files import catalog_root
from tests.support import export_catalog
from tests.support.export_catalog import SITE, entry, parsed_bibtex, rows


def one(catalog: Catalog, paper: str = "toy") -> dict[str, Any]:
    """The only BibTeX entry of a paper: its type, key and fields."""
    [found] = parsed_bibtex(bibtex.bibtex(catalog, [catalog.paper(paper)])).entries
    return {"type": found.entry_type, "key": found.key} | {f.key: f.value for f in found.fields}


# BibTeX


@pytest.mark.parametrize(
    ("changes", "kind", "fields"),
    [
        ({"venue": "cvpr"}, "inproceedings", {"booktitle": "Conference on Sight (CVPR)"}),
        ({"venue": "tpami"}, "article", {"journal": "Transactions on Patterns"}),
        ({"venue": "small"}, "inproceedings", {"booktitle": "Small"}),
        ({"venue": "arxiv", "status": "preprint"}, "misc", {"howpublished": None}),
        ({"venue": "cvpr", "status": "preprint"}, "misc", {"booktitle": None}),
        (
            {"venue": "blog", "ids": {}},
            "misc",
            {"howpublished": "Blog", "eprint": None, "archivePrefix": None},
        ),
        ({"venue": "gone"}, "misc", {"journal": None, "booktitle": None}),
        ({"status": "retracted"}, "inproceedings", {"note": "Retracted"}),
        (
            {"links": [], "ids": {"doi": "10.1000/a"}},
            "inproceedings",
            {"url": "https://doi.org/10.1000/a"},
        ),
        ({"ids": {"openreview": "abcDEF123"}, "links": []}, "inproceedings", {"doi": None}),
    ],
)
def test_the_type_follows_venue_and_status(
    tmp_path: Path, changes: dict[str, Any], kind: str, fields: dict[str, str | None]
) -> None:
    venues = {
        "cvpr": {"name": "CVPR", "description": "Conference on Sight."},
        "tpami": {"name": "TPAMI", "description": "Transactions on Patterns."},
        "small": {"name": "Small", "description": "A workshop of few."},
        "arxiv": {"name": "arXiv", "description": "Preprint server."},
        "blog": {"name": "Blog"},
    }
    found = one(export_catalog.catalog(tmp_path, entry(**changes), venues=venues))
    assert (found["type"], found["key"]) == (kind, "toy")
    assert {name: found.get(name) for name in fields} == fields


@pytest.mark.parametrize(
    ("title", "name", "wanted"),
    [
        (
            "A Simple Framework with SimCLR on ImageNet",
            "SimCLR",
            "A Simple Framework with {SimCLR} on {ImageNet}",
        ),
        (
            "Barlow Twins: Self-Supervised Learning",
            "Barlow Twins",
            "{Barlow Twins}: Self-Supervised Learning",
        ),
        ("Simple Siamese Networks in 2D", "SimSiam", "Simple {Siamese} Networks in {2D}"),
        ("What A Title: A Second Part", "x", "What A Title: A Second Part"),
        ("Learning from graphs of places in Kyoto", "x", "Learning from graphs of places in {Kyoto}"),
        (
            "wav2vec 2.0: A framework for learning of speech",
            "x",
            "wav2vec 2.0: A framework for learning of speech",
        ),
        ("I-JEPA & V-JEPA", "I-JEPA", r"I-{JEPA} \& {V}-{JEPA}"),
        ("Colorful Image Colorization", "Colorization", "Colorful Image Colorization"),
        ("Costs 5% of $x_1", "x", r"Costs 5\% of \$x\_1"),
    ],
)
def test_titles_keep_their_capitals(title: str, name: str, wanted: str) -> None:
    assert bibtex.protect_capitals(title, name) == wanted


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("Xinlei Chen", "Chen, Xinlei"),
        ("Aäron van den Oord", "van den Oord, Aäron"),
        ("Jean-Bastien Grill", "Grill, Jean-Bastien"),
        ("Sammy Davis Jr.", "Davis, Jr., Sammy"),
        ("Loudon Wainwright, III", "Wainwright, III, Loudon"),
        ("何恺明", "{何恺明}"),
        ("Research and Friends", "{Research and Friends}"),
        ("others", "{others}"),
        ("Doe, Jane", "{Doe, Jane}"),
        ("III", "{III}"),
        ("de la Cruz", "de la Cruz"),
        ("Charles de la Vallée Poussin", "de la Vallée Poussin, Charles"),
        ("王 小 明", "明, 王 小"),
    ],
)
def test_names_are_taken_apart(tmp_path: Path, printed: str, wanted: str) -> None:
    authors = [{"name": printed}, {"name": "Ada Lovelace"}]
    catalog = export_catalog.catalog(tmp_path, entry(authors=authors))
    assert f"author = {{{wanted} and Lovelace, Ada}}," in bibtex.bibtex(catalog, [catalog.paper("toy")])
    assert len(one(catalog)["author"]) == 2


@pytest.mark.parametrize(
    ("printed", "family", "tex", "csl_author"),
    [
        ("Bilal El Kadiri", "El Kadiri", "El Kadiri, Bilal", {"family": "El Kadiri", "given": "Bilal"}),
        (
            "Ana de la Cruz Ruiz",
            "de la Cruz Ruiz",
            "de la Cruz Ruiz, Ana",
            {"family": "Cruz Ruiz", "given": "Ana", "non-dropping-particle": "de la"},
        ),
        (
            "José Ortega y Gasset",
            "Ortega y Gasset",
            "{Ortega y Gasset}, José",
            {"family": "Ortega y Gasset", "given": "José"},
        ),
        (
            "Rosa Mora Vega Jr.",
            "Mora Vega",
            "Mora Vega, Jr., Rosa",
            {"family": "Mora Vega", "given": "Rosa", "suffix": "Jr."},
        ),
        ("Bartók Béla", "Bartók", "Bartók, Béla", {"family": "Bartók", "given": "Béla"}),
        (
            "Ludwig van Beethoven III",
            "van Beethoven",
            "van Beethoven, III, Ludwig",
            {"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van", "suffix": "III"},
        ),
    ],
)
def test_a_family_name_that_is_told_stays_together(
    tmp_path: Path, printed: str, family: str, tex: str, csl_author: dict[str, str]
) -> None:
    catalog = export_catalog.catalog(tmp_path, entry(authors=[{"name": printed, "family": family}]))
    paper = catalog.paper("toy")
    assert f"author = {{{tex}}}," in bibtex.bibtex(catalog, [paper])
    assert csl.item(catalog, paper)["author"] == [csl_author]
    assert ("citation_author", tex.translate({123: None, 125: None})) in head.meta(catalog, paper)
    [author] = one(catalog)["author"]
    assert " ".join([*author.von, *author.last]).strip("{}") == family


def test_a_group_stays_whole_whatever_is_told(tmp_path: Path) -> None:
    authors = [{"name": "Ada and Grace Vega", "family": "Vega"}]
    catalog = export_catalog.catalog(tmp_path, entry(authors=authors))
    assert "author = {{Ada and Grace Vega}}," in bibtex.bibtex(catalog, [catalog.paper("toy")])


@pytest.mark.parametrize("name", ["Google Research", "de Correspondent", "Barnes, Noble", "The King Jr."])
def test_a_name_that_is_all_family_name_stays_whole(tmp_path: Path, name: str) -> None:
    catalog = export_catalog.catalog(tmp_path, entry(authors=[{"name": name, "family": name}]))
    paper = catalog.paper("toy")
    assert f"author = {{{{{name}}}}}," in bibtex.bibtex(catalog, [paper])
    assert csl.item(catalog, paper)["author"] == [{"literal": name}]
    assert ("citation_author", name) in head.meta(catalog, paper)


def test_a_suffix_that_is_told_in_the_family_name_stands_once(tmp_path: Path) -> None:
    authors = [{"name": "Ludwig van Beethoven III", "family": "van Beethoven III"}]
    catalog = export_catalog.catalog(tmp_path, entry(authors=authors))
    assert "author = {van Beethoven, III, Ludwig}," in bibtex.bibtex(catalog, [catalog.paper("toy")])


def test_names_of_the_catalog_that_end_in_two_words() -> None:
    known = {"Bernardo Avila Pires": "Avila Pires", "Mohammad Gheshlaghi Azar": "Gheshlaghi Azar"}
    authors = [author for paper in Catalog.load(catalog_root()).papers for author in paper.authors]
    assert {author.name: author.family for author in authors if author.name in known} == known


def test_a_reader_sees_the_parts_of_a_name(tmp_path: Path) -> None:
    authors = [{"name": "Aäron van den Oord"}, {"name": "Sammy Davis Jr."}]
    first, second = one(export_catalog.catalog(tmp_path, entry(authors=authors)))["author"]
    assert (first.first, first.von, first.last) == (["Aäron"], ["van", "den"], ["Oord"])
    assert (second.first, second.last, second.jr) == (["Sammy"], ["Davis"], ["Jr."])


# CSL, sentences


def test_a_csl_item_has_what_styles_ask_for(tmp_path: Path) -> None:
    venues = {"cvpr": {"name": "CVPR", "description": "Conference on Sight."}}
    catalog = export_catalog.catalog(tmp_path, entry(authors=[{"name": "Aäron van den Oord"}]), venues=venues)
    assert csl.item(catalog, catalog.paper("toy")) == {
        "id": "toy",
        "type": "paper-conference",
        "title": "A Toy",
        "author": [{"family": "Oord", "given": "Aäron", "non-dropping-particle": "van den"}],
        "issued": {"date-parts": [[2021]]},
        "container-title": "Conference on Sight",
        "container-title-short": "CVPR",
        "event-title": "CVPR",
        "archive": "arXiv",
        "archive_location": "2011.10560",
        "DOI": "10.1000/toy",
        "URL": "https://example.org/toy",
    }


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "Ada Lovelace. A Toy. Cvpr, 2021. arXiv:2011.10560. https://doi.org/10.1000/toy"),
        ({"title": "Why?", "ids": {}}, "Ada Lovelace. Why? Cvpr, 2021. https://example.org/toy"),
        (
            {"status": "preprint", "ids": {"arxiv": "2011.10560"}},
            "Ada Lovelace. A Toy. 2021. arXiv:2011.10560.",
        ),
        ({"status": "preprint", "ids": {}, "links": []}, "Ada Lovelace. A Toy. Preprint, 2021."),
        (
            {"status": "retracted", "ids": {}, "links": [], "authors": [{"name": n} for n in "abc"]},
            "a, b and c. A Toy. Cvpr, 2021. Retracted.",
        ),
    ],
)
def test_a_citation_in_a_sentence(tmp_path: Path, changes: dict[str, Any], wanted: str) -> None:
    catalog = export_catalog.catalog(tmp_path, entry(**changes))
    assert cite.cite(catalog, catalog.paper("toy")).text == wanted


# The feed


def test_the_newest_entry_comes_first(tmp_path: Path) -> None:
    catalog = export_catalog.catalog(
        tmp_path,
        entry(id="b-old", added="2026-01-01", ids={}),
        entry(id="a-old", added="2026-01-01", ids={}),
        entry(id="revised", added="2025-01-01", revised="2026-12-24", ids={}),
    )
    found = feedparser.parse(feed.feed(catalog, catalog.papers, SITE, "data/"))
    order = [item.id.rpartition("/")[2] for item in found.entries]
    assert order == ["revised", "other", "toy", "a-old", "b-old"]
    assert found.feed.updated == found.entries[0].updated == "2026-12-24T00:00:00Z"
    assert found.entries[0].published == "2025-01-01T00:00:00Z"
    assert [link.href for link in found.feed.links] == [f"{SITE}/", f"{SITE}/data/feed.xml"]


def test_a_feed_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = export_catalog.catalog(tmp_path, entry(id="newer", added="2026-12-01", ids={}))
    monkeypatch.setattr(feed, "NEWEST", 1)
    [item] = feedparser.parse(feed.feed(catalog, catalog.papers, SITE)).entries
    assert item.id == "tag:example.org,2026:papers/newer"


def test_a_feed_without_entries_is_one(tmp_path: Path) -> None:
    found = feedparser.parse(feed.feed(export_catalog.catalog(tmp_path), (), SITE))
    assert (found.bozo, found.entries) == (False, [])


@pytest.mark.parametrize("site", ["", "example.org", "javascript:alert(1)", "https://", "https://a b", "//x"])
def test_a_site_that_is_none(tmp_path: Path, site: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a site"):
        feed.feed(export_catalog.catalog(tmp_path), (), site)


@pytest.mark.parametrize(
    "site", ["https://example.org?x", "https://u@example.org", 'https://example.org/"><b>']
)
def test_an_address_that_holds_too_much(site: str) -> None:
    with pytest.raises(UsageError, match="is not the address of a site"):
        venue.site_address(site)


def test_addresses_of_a_site() -> None:
    assert venue.page_address("http://localhost:8000", "toy") == "http://localhost:8000/papers/toy/"
    assert venue.page_address(f"{SITE}/", "toy") == f"{SITE}/papers/toy/"


# The head of a page


def test_the_head_of_a_page(tmp_path: Path) -> None:
    authors = [{"name": "Ada Lovelace", "orcid": "0000-0002-1825-0097"}]
    venues = {"cvpr": {"name": "TP", "description": "Transactions on Patterns."}}
    catalog = export_catalog.catalog(tmp_path, entry(authors=authors), venues=venues)
    assert list(head.meta(catalog, catalog.paper("toy"), SITE)) == [
        ("citation_title", "A Toy"),
        ("citation_author", "Lovelace, Ada"),
        ("citation_publication_date", "2021"),
        ("citation_journal_title", "Transactions on Patterns"),
        ("citation_doi", "10.1000/toy"),
        ("citation_arxiv_id", "2011.10560"),
        ("citation_public_url", "https://example.org/toy"),
        ("citation_abstract_html_url", f"{SITE}/papers/toy/"),
    ]
    data = json.loads(head.json_ld_text(catalog, catalog.paper("toy"), SITE))
    assert data["@type"] == "ScholarlyArticle"
    assert data["author"] == [
        {"@type": "Person", "name": "Ada Lovelace", "@id": "https://orcid.org/0000-0002-1825-0097"}
    ]
    assert data["isPartOf"] == {"@type": "Periodical", "name": "Transactions on Patterns"}
    assert data["mainEntityOfPage"] == f"{SITE}/papers/toy/"
    assert "abstract" not in data


def test_a_head_without_an_address_of_the_site(tmp_path: Path) -> None:
    catalog = export_catalog.catalog(tmp_path)
    assert "mainEntityOfPage" not in head.json_ld(catalog, catalog.paper("toy"))
    assert "citation_abstract_html_url" not in dict(head.meta(catalog, catalog.paper("toy")))


# The whole


def test_settings_of_a_paper_are_typed(tmp_path: Path) -> None:
    paper = {
        "optimizer.lr": "0.05",
        "views.crop_scale": ["0.2", "1"],
        "method.guard": "true",
        "method.x": None,
    }
    settings = [{"id": "imagenet", "place": "Sec. 3", "paper": paper, "code": {"method.dim": "2048"}}]
    catalog = export_catalog.catalog(tmp_path, entry(settings=settings))
    [found] = whole.content(catalog, [catalog.paper("toy")])["papers"][0]["settings"]
    assert found["paper"]["optimizer.lr"] == 0.05
    assert found["paper"]["views.crop_scale"] == [0.2, 1]
    assert found["paper"]["method.guard"] is True
    assert found["code"] == {"method.dim": 2048}


def test_a_recipe_comes_with_the_configuration_it_leads_to(tmp_path: Path) -> None:
    catalog = export_catalog.catalog(tmp_path)
    [found] = whole.content(catalog, catalog.papers)["recipes"]
    assert found["why"]["views.*"] == "Digits have a side."
    assert found["config"]["method"] == {"name": "toy", "dim": 4, "guard": False, "rate": 1e-3}
    assert found["config"]["views"]["crop_scale"] == [0.4, 1.0]


def test_a_relation_to_a_paper_elsewhere_is_kept(tmp_path: Path) -> None:
    stated = [{"type": "simplifies", "to": "arxiv:2003.04297"}, {"type": "compares", "to": "other"}]
    catalog = export_catalog.catalog(tmp_path, entry(relations=stated))
    found = {paper["id"]: paper for paper in whole.content(catalog, catalog.papers)["papers"]}
    assert [relation["to"] for relation in found["toy"]["relations"]] == ["arxiv:2003.04297", "other"]
    assert found["other"]["inverse_relations"] == [{"type": "compared-by", "to": "toy"}]


# Tables


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("+1", "'+1"),
        ("＝1", "'＝1"),
        (" \t=1", "'=1"),
        ("-0.50", "-0.50"),
        ("-1\n=2", "'-1 =2"),
        (68, "68"),
        (None, ""),
        ("a = b", "a = b"),
    ],
)
def test_a_cell_is_no_formula(value: object, wanted: str) -> None:
    assert table.cell(value) == wanted


def test_a_reported_value_knows_its_claims(tmp_path: Path) -> None:
    catalog = export_catalog.catalog(tmp_path, export_catalog.hostile("x"))
    [row] = rows(table.reported_table(catalog, [catalog.paper("toy")]))
    assert (row["claims"], row["value"], row["higher_is_better"]) == ("works", "-0.50", "true")
