"""A catalog with an entry that is out to act: its free text is what HTML, Markdown, Jinja and YAML obey."""

from pathlib import Path
from typing import Any

import yaml

from repro.catalog.records.vocabulary import VOCABULARIES
from repro.metadata.abstracts import OfficialAbstract, write_abstract
from repro.website.build import Places
from tests.support.export_catalog import dumped
from tests.support.site_build import smaller

ID = "hostile"  # of the paper, the benchmark it runs on, and every word that it alone uses
FACETS = ("family", "collapse-guard", "modality", "topic", ID)
# Each sets window.evil, or makes an element that nothing else makes, if it is obeyed. A text begins with one
# of them, since many mean something there alone, and then holds them all, on lines of their own.
PAYLOADS = [
    "# Evil heading",
    "---",
    "<script>window.evil = 1</script>",
    "1. item",
    "{{ 7*7 }} {% raw %} {{ page.url('x') }} {# gone #} {% endraw %} {%- include 'parts.j2' -%} ${evil}",
    "1984. item",
    "2) item",
    "</title></script></style></textarea></svg></pre><img class=evil src=x onerror='window.evil=1'>",
    "- item",
    "\"><img class=evil src=x onerror=window.evil=1> '><svg class=evil onload=window.evil=1>",
    "> quotation",
    '<a class=evil href="javascript:window.evil=1">a</a>',
    "' onmouseover='window.evil=1' x='",
    '" onfocus="window.evil=1" autofocus x="',
    "+ item",
    "[link](javascript:window.evil=1) ![image](x 'onerror=window.evil=1') [again][evil]",
    "[evil]: javascript:window.evil=1 'title'",
    "Evil heading\n===",
    "<https://evil.example> <javascript:window.evil=1> <evil@example.org>",
    "https://evil.example/_a_?b=*c* www.evil.example evil@example.org",
    "~~~ { .evil }\ncode\n~~~",
    "```python\ncode\n```",
    "*em* **strong** _em_ __strong__ `code` ~~del~~ ^^ins^^ ==mark== ***both***",
    ": definition",
    "| a | b |\n|---|---|\n| c | d |",
    '!!! danger "Evil"\n    admonition',
    '??? note "Evil"\n    details',
    "{: .evil #evil onclick='window.evil=1' } {#evil .evil}",
    "[^1] and [^1]: footnote",
    "*[evil]: abbreviation",
    "&lt;b class=evil&gt; &amp; &#60;i&#62; &copy; &NewLine; &#x3C;u&#x3E;",
    "<!-- evil --> <![CDATA[evil]]> <?php evil ?> <!DOCTYPE evil>",
    "<div class=evil markdown>*x*</div> <iframe class=evil srcdoc='<script>parent.evil=1</script>'></iframe>",
    "$x^2$ \\(x\\) \\[y\\] \\<b\\> \\*x\\* \\",
    '--8<-- "mkdocs.yml"',
    "title: evil\ndescription: >-\n...\n%YAML 1.1",
    "wzxhzdk:0 klzzwxh:0000 \u2603 汉字 🦆",
]


# What means something at the end of a heading.
ENDINGS = ["{#evil .evil onclick=window.evil=1}", "closed ##"]
# Where whitespace and quotes are not allowed; of what is left, everything that means something somewhere.
DOI = "10.1000/<img/class=evil/src=x/onerror=evil=1>_a_*b*`c`[d](javascript:evil)&lt;{{7*7}}\\{#evil}"
ADDRESS = "https://example.org/javascript:evil/_a_*b*[c](d)~e~{{7*7}}{.evil}&lt;?f=&amp;|^$!#g"

Content = dict[str, Any]


class Texts(dict[str, str]):
    """{name: text}, written as they are asked for; each can be told from the others by a number in it."""

    def __missing__(self, name: str) -> str:
        place = len(self)
        first, last = PAYLOADS[place % len(PAYLOADS)], ENDINGS[place % len(ENDINGS)]
        self[name] = "\n\n".join([first, f"Text {place}.", *PAYLOADS, last])
        return self[name]


def catalog(folder: Path, texts: Texts) -> Places:
    """A small copy of the catalog with the entry in it, which keeps to the models but not to all rules."""
    where = smaller(folder)
    files = {
        f"papers/{ID}.yaml": paper(texts),
        f"benchmarks/{ID}.yaml": benchmark(where.catalog, texts),
        f"recipes/{ID}/{ID}.yaml": recipe(where.catalog, texts),
        f"evidence/{ID}/{ID}/0123456789abcdef.json": evidence(texts),
        **{f"vocab/{name}.yaml": words(where.catalog, name, texts) for name in VOCABULARIES},
    }
    for name, content in files.items():
        path = where.catalog / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dumped(content), encoding="utf-8")
    source = texts["source of abstract"]
    write_abstract(
        where.catalog, ID, OfficialAbstract(texts["official abstract"], source, "10.1000/x", "2026-11-24")
    )
    return where


def paper(texts: Texts) -> Content:
    """Every key of an entry."""
    return {
        "schema": "1",
        "id": ID,
        "name": texts["name"],
        "title": texts["title"],
        "authors": [{"name": texts["first author"]}, {"name": texts["second author"]}],
        "year": "2021",
        "venue": ID,
        "status": "published",
        "depth": "full",
        "added": "2026-11-20",
        "ids": {"doi": DOI},
        "links": [{"role": "paper", "url": ADDRESS, "note": texts["link"]}],
        "abstract": {"en": texts["abstract"], "zh": texts["abstract zh"]},
        "idea": {"en": texts["idea"], "zh": texts["idea zh"]},
        "tags": {facet: [ID] for facet in FACETS},
        "relations": [
            {"type": ID, "to": "simsiam", "note": texts["relation"], "evidence": "works"},
            {"type": ID, "to": "byol", "note": texts["other relation"]},
        ],
        "official": {"repo": ADDRESS, "licence": texts["licence"], "state": "gone"},
        "settings": [
            {
                "id": "imagenet",
                "place": texts["place of settings"],
                "paper": {
                    "optimizer.lr": texts["setting"],
                    "views.crop_scale": [texts["listed setting"], "1"],
                },
                "code": {"optimizer.lr": texts["setting of the code"]},
            }
        ],
        "reported": [reported(texts)],
        "claims": [
            {
                "id": "works",
                "kind": "trained",
                "statement": texts["claim"],
                "place": texts["place of claim"],
                "paper_values": ["t1"],
            }
        ],
        "gaps": {"weights": texts["gap"]},
        "errata": [
            {"field": texts["field"], "was": texts["was"], "now": texts["now"], "why": texts["why wrong"]}
        ],
    }


def reported(texts: Texts) -> Content:
    """A reported value."""
    return {
        "id": "t1",
        "task": ID,
        "dataset": ID,
        "split": texts["split"],
        "protocol": ID,
        "metric": ID,
        "value": "-0.50",
        "unit": texts["unit"],
        "spread": {"kind": "sd", "value": "0.1"},
        "setting": {"backbone": texts["backbone"], "note": texts["circumstance"]},
        "source": {
            "doc": texts["document"],
            "place": texts["place of value"],
            "how": "table",
            "mark": "memory",
            "read_by": texts["reader"],
            "checked_by": texts["second reader"],
        },
    }


def benchmark(root: Path, texts: Texts) -> Content:
    """The digits under another name."""
    summary = {"en": texts["benchmark summary"], "zh": texts["benchmark summary zh"]}
    protocol = {"knn": ID, "linear": ID}
    changes = {"id": ID, "name": texts["benchmark"], "summary": summary, "protocol": protocol}
    return loaded(root / "benchmarks" / "digits.yaml") | changes


def recipe(root: Path, texts: Texts) -> Content:
    """SimSiam's, following the hostile paper."""
    why = {"optimizer.lr": texts["reason"], "views.*": texts["reason for all"]}
    return loaded(root / "recipes" / "simsiam" / "digits.yaml") | {"paper": ID, "benchmark": ID, "why": why}


def evidence(texts: Texts) -> Content:
    """A record of a run, as far as pages show it."""
    names = ("python", "torch", "torchvision", "numpy", "gpu", "precision", "commit", "started")
    probe = {"knn": 0.7, "linear": 0.8, "std": 0.9, "effective_rank": 30.0, "loss": -0.7}
    digest = texts["digest"]
    asked = {"format": 1, "paper": ID, "benchmark": ID, "seed": 0, "digest": digest}
    outcome = {"format": 1, "digest": digest, "status": "finished", "seconds": 90.0, "metrics": probe}
    said = {"data": {"label": texts["label"]}, "diagnosis": {"sentence": texts["diagnosis"]}}
    return {
        "config": asked | {"command": texts["command"]},
        "environment": {"threads": 2} | {name: texts[name] for name in names},
        "summary": outcome | said | {"baselines": {"pixels": probe, "untrained": probe}},
        "curve": [{"step": step, "loss": 0.1 * step, "std": 0.9, "knn": 0.5} for step in range(3)],
    }


def words(root: Path, name: str, texts: Texts) -> Content:
    """A vocabulary with a word more."""
    found = loaded(root / "vocab" / f"{name}.yaml")
    more = {
        "metrics": {"higher_is_better": "true"},
        "relations": {"inverse": f"{ID}-by"},
        "tags": {"values": {ID: word("tag", texts)}},
    }
    found["entries"][ID] = word(name, texts) | more.get(name, {})
    if name == "relations":
        found["entries"][f"{ID}-by"] = word("inverse", texts) | {"inverse": ID}
    if name == "tags":
        for facet in FACETS:
            found["entries"][facet]["values"].setdefault(ID, word(f"tag of {facet}", texts))
    return found


def word(name: str, texts: Texts) -> Content:
    """What every word has."""
    return {"name": texts[name], "description": texts[f"{name} described"], "zh": texts[f"{name} zh"]}


def loaded(path: Path) -> Content:
    """A file of the catalog."""
    return yaml.safe_load(path.read_text("utf-8"))


def plain(text: str) -> str:
    """The text on one line, as a browser shows it."""
    return " ".join(text.split())
