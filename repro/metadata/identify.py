"""Identifiers of papers as people type them: an arXiv id, a DOI, an OpenReview id, or an address with one."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

from repro.catalog.records.forms import ARXIV, DOI, OPENREVIEW
from repro.errors import UsageError

Scheme = Literal["arxiv", "doi", "openreview"]

FORMS = (
    "arxiv:2011.10566, doi:10.1109/CVPR46437.2021.01549, openreview:XXXXXXXXXX, or an address of arxiv.org, "
    "doi.org, openreview.net, dl.acm.org, alphaxiv.org or huggingface.co/papers"
)
PREFIX = re.compile(
    r"(arxiv(?=\.[0-9])|arxiv(?=:)|doi(?=:)|openreview(?=:)).\s*(.*)", re.IGNORECASE | re.DOTALL
)
VERSION = re.compile(r"v[0-9]{1,3}$")
CATEGORY = re.compile(
    r"\s+\[[A-Za-z-]+(\.[A-Za-z-]+)?\].*$"
)  # as arXiv prints it: 2011.10566v1 [cs.CV] 20 Nov 2020
OLD = re.compile(r"([A-Za-z-]+)(?:\.[A-Za-z-]+)?/([0-9]{7})")
ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
ARXIV_HOSTS = ("arxiv.org", "export.arxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org")
READER_HOSTS = ("alphaxiv.org", "huggingface.co", "hf.co")  # others that show papers of arXiv by their ids
DOI_HOSTS = ("doi.org", "dx.doi.org")
ACM_HOSTS = ("dl.acm.org",)
OPENREVIEW_HOSTS = ("openreview.net",)
HOSTS = ARXIV_HOSTS + READER_HOSTS + DOI_HOSTS + ACM_HOSTS + OPENREVIEW_HOSTS
ARXIV_PAGE = re.compile(r"/(?:abs|pdf|html|format|ps|overview|papers)/(.+?)(?:\.pdf|\.md)?/?")
ACM_PAGE = re.compile(r"/doi/(?:(?:abs|full|pdf|epdf|fullHtml|book|proceedings)/)?(10\..+?)/?")
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name of a paper in one of three schemes; ``value`` has the form the catalog asks for."""

    kind: Scheme
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    @property
    def address(self) -> str:
        """The page for people."""
        front = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
        return f"{front.get(self.kind, 'https://openreview.net/forum?id=')}{quote(self.value)}"


def identify(text: str) -> Identifier:
    """The identifier in what was typed. UsageError, with the accepted forms, if there is none."""
    identifier = recognise(text)
    if identifier is None:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise UsageError(f"{shown!r} is no identifier of a paper; accepted: {FORMS}")
    return identifier


def recognise(text: str) -> Identifier | None:
    """The identifier in a text, or None."""
    text = text.strip().rstrip(".,;")
    if not text or len(text) > LONGEST:
        return None
    if named := PREFIX.fullmatch(text):
        kind, value = named[1].lower(), named[2]
        readers = {"arxiv": _arxiv, "doi": _doi, "openreview": _openreview}
        return readers[kind](value)
    if "://" in text:
        return _from_address(text)
    if re.sub(r"^www\.", "", text.lower()).partition("/")[0] in HOSTS:
        return _from_address(f"https://{text}")
    return _arxiv(text) or _doi(text)


def _from_address(address: str) -> Identifier | None:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https"):
        return None
    path = unquote(parts.path)
    if host in ARXIV_HOSTS + READER_HOSTS:
        page = ARXIV_PAGE.fullmatch(path)
        return _arxiv(page[1]) if page else None
    if host in ACM_HOSTS:
        page = ACM_PAGE.fullmatch(path)
        return _doi(page[1]) if page else None
    if host in DOI_HOSTS:
        return _doi(path.removeprefix("/"))
    if host in OPENREVIEW_HOSTS and path in ("/forum", "/pdf", "/attachment", "/references/pdf"):
        return _openreview(parse_qs(parts.query).get("id", [""])[0])
    return None


def _arxiv(value: str) -> Identifier | None:
    value = VERSION.sub("", CATEGORY.sub("", value.strip()))
    if old := OLD.fullmatch(value):
        # A sub-archive may be written, but the id is the same without it, and only that is looked up.
        value = f"{old[1].lower()}/{old[2]}"
    return Identifier("arxiv", value) if re.fullmatch(ARXIV, value) else None


def _doi(value: str) -> Identifier | None:
    value = value.strip()
    if ours := ARXIV_DOI.fullmatch(value):
        return _arxiv(ours[1])
    sound = re.fullmatch(DOI, value) and len(value) <= 200 and value.isprintable()
    return Identifier("doi", value) if sound else None


def _openreview(value: str) -> Identifier | None:
    value = value.strip()
    return Identifier("openreview", value) if re.fullmatch(OPENREVIEW, value) else None
