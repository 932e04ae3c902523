"""The forms that texts of the catalog must have, and how each is called in a message."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
NAME = r"^[a-z][a-z0-9_]*$"
DOTTED = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$"
REASON = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.([a-z][a-z0-9_]*|\*)$"
DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
HOST = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]+(:[0-9]+)?"
ADDRESS = rf"^https://{HOST}([/?#][^\s<>\"'`\\]*)?$"
TERM = r"^[a-z0-9]+([-./][a-z0-9]+)*(@[0-9]+)?$"
# Year and month, then four digits up to 2014 and five since: a number that lost its last zero does not fit.
MONTH = "(0[1-9]|1[0-2])"
ARXIV_NUMBER = rf"((0[7-9]|1[0-4]){MONTH}\.[0-9]{{4}}|(1[5-9]|[2-9][0-9]){MONTH}\.[0-9]{{5}})"
ARXIV = rf"^({ARXIV_NUMBER}|[a-z-]+(\.[A-Z]{{2}})?/[0-9]{{7}})$"
TARGET = rf"^(arxiv:{ARXIV_NUMBER}|[a-z0-9]+(-[a-z0-9]+)*)$"
ORCID = r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"
DOI = r"^10\.[0-9]{4,9}/\S+$"
OPENREVIEW = r"^[A-Za-z0-9_-]{6,20}$"
DBLP = r"^[a-z]+/[A-Za-z0-9_.-]+/\S+$"
S2 = r"^[0-9a-f]{40}$"
COMMIT = r"^[0-9a-f]{7,40}$"
CHECKSUM = r"^sha256:[0-9a-f]{64}$"
NAME_SUFFIX = r"Jr\.?|Sr\.?|II|III|IV"  # what may stand behind a person's family name
DATE = r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"

IN_WORDS = {
    ID: "lower-case words and digits joined by hyphens, such as barlow-twins",
    NAME: "a lower-case name with underscores, such as small_resnet",
    DOTTED: "a dotted configuration key, such as optimizer.lr",
    REASON: "a dotted configuration key, such as optimizer.lr, or a section, such as views.*",
    DECIMAL: "a decimal number, such as 68.1",
    ADDRESS: "an address with a host and without spaces, quotes or angle brackets",
    TERM: "a vocabulary id, such as imagenet-1k or linear-probe@1",
    ARXIV: "an arXiv id without version and with all its digits, such as 2011.10566",
    TARGET: "a paper's id, or arxiv: and an arXiv id, such as arxiv:2003.04297",
    ORCID: "an ORCID iD, such as 0000-0002-1825-0097",
    DOI: "a DOI, such as 10.1109/CVPR46437.2021.01549",
    OPENREVIEW: "an OpenReview forum id",
    DBLP: "a DBLP key, such as conf/cvpr/ChenH21",
    S2: "a Semantic Scholar id of 40 hexadecimal digits",
    COMMIT: "a commit of 7 to 40 hexadecimal digits",
    CHECKSUM: "sha256: and 64 hexadecimal digits",
    DATE: "a date, such as 2026-11-24",
}


def _in_calendar(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        sentence = f"found '{text}', expected a day of the calendar."
        raise PydanticCustomError("wrong_kind", "{sentence}", {"sentence": sentence}) from None
    return text


Id = Annotated[str, StringConstraints(pattern=ID, max_length=64)]
# Names of components and their parameters, which are Python names.
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=64)]
DottedKey = Annotated[str, StringConstraints(pattern=DOTTED, max_length=100)]
# `why` is keyed by dotted configuration keys; `views.*` stands for every key of a section.
ReasonKey = Annotated[str, StringConstraints(pattern=REASON, max_length=100)]
Decimal = Annotated[str, StringConstraints(pattern=DECIMAL, max_length=20)]
# Names of a vocabulary, which may carry a variant and a version: knn/k200-t0.1@1
Term = Annotated[str, StringConstraints(pattern=TERM, max_length=80)]
ArxivId = Annotated[str, StringConstraints(pattern=ARXIV)]
Target = Annotated[str, StringConstraints(pattern=TARGET, max_length=64)]
Orcid = Annotated[str, StringConstraints(pattern=ORCID)]
Doi = Annotated[str, StringConstraints(pattern=DOI, max_length=200)]
OpenReviewId = Annotated[str, StringConstraints(pattern=OPENREVIEW)]
DblpKey = Annotated[str, StringConstraints(pattern=DBLP, max_length=200)]
S2Id = Annotated[str, StringConstraints(pattern=S2)]
Commit = Annotated[str, StringConstraints(pattern=COMMIT)]
Checksum = Annotated[str, StringConstraints(pattern=CHECKSUM)]
Date = Annotated[str, StringConstraints(pattern=DATE), AfterValidator(_in_calendar)]
