"""An Atom feed of the entries, the one added or revised last first."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from repro.catalog.catalog import Catalog
from repro.catalog.records.paper import Paper
from repro.exports.text import line
from repro.exports.venue import addresses, appearance, page_address, site_address

TITLE = "repro: papers on self-supervised learning whose claims you can run"
AUTHOR = "The repro contributors"
FILE = "feed.xml"
NEWEST = 100  # entries; a reader that comes by once in a while misses none
# A tag URI names the year in which its host was ours; part of every id, so it never changes.
SINCE = 2026


def feed(catalog: Catalog, papers: Sequence[Paper], site: str, folder: str = "") -> str:
    """The feed of the site at this address, which lies in ``folder`` there, such as ``data/``.

    Every character is fit for XML, since the catalog's loader refuses the others.

    Raises :class:`repro.errors.UsageError` if ``site`` is not the address of a site.
    """
    home = site_address(site)
    newest = sorted(papers, key=lambda paper: paper.id)
    newest = sorted(newest, key=_last_change, reverse=True)[:NEWEST]
    # No namespace table: the one of ElementTree is shared by everything in the process.
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _text(root, "id", _id(home, "feed"))
    _text(root, "title", TITLE)
    _text(root, "updated", _timestamp(max(map(_last_change, newest), default=f"{SINCE}-01-01")))
    _text(SubElement(root, "author"), "name", AUTHOR)
    SubElement(root, "link", rel="alternate", type="text/html", href=home)
    SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{home}{folder}{FILE}")
    for paper in newest:
        _entry(root, catalog, paper, home)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _entry(root: Element, catalog: Catalog, paper: Paper, home: str) -> None:
    node = SubElement(root, "entry")
    _text(node, "id", _id(home, f"papers/{paper.id}"))
    _text(node, "title", _title(paper))
    _text(node, "published", _timestamp(paper.added))
    _text(node, "updated", _timestamp(_last_change(paper)))
    SubElement(node, "link", rel="alternate", type="text/html", href=page_address(home, paper.id))
    for address in addresses(paper):
        SubElement(node, "link", rel="related", href=address)
    for value in sorted({value for values in paper.tags.values() for value in values}):
        SubElement(node, "category", term=value)
    _text(node, "summary", paper.idea.en)
    _text(node, "content", _content(catalog, paper))


def _content(catalog: Catalog, paper: Paper) -> str:
    authors = ", ".join(line(author.name) for author in paper.authors)
    venue = appearance(catalog, paper).short
    return f"{authors}. {venue} {paper.year}. {line(paper.abstract.en)}"


def _title(paper: Paper) -> str:
    name, title = line(paper.name), line(paper.title)
    return title if name.lower() in title.lower() else f"{name}: {title}"


def _last_change(paper: Paper) -> str:
    return max(paper.added, paper.revised or paper.added)


def _timestamp(day: str) -> str:
    return f"{day}T00:00:00Z"


def _id(home: str, what: str) -> str:
    return f"tag:{urlsplit(home).hostname},{SINCE}:{what}"


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = line(text)
