"""The controlled words of the catalog: tags, relations, venues, protocols, data sets, metrics, methods."""

from functools import cache
from typing import Any, Generic, TypeVar, cast

from pydantic import Field

from repro.catalog.records.base import Address, Flag, Format, Record, Text, Whole
from repro.catalog.records.forms import Id, Term


class Word(Record):
    """A word with a name for people and what it means."""

    name: Text = Field(description="The name shown to people.")
    description: Text | None = Field(default=None, description="What it means, in a sentence.")
    zh: Text | None = Field(default=None, description="The name in Chinese.")


class Facet(Word):
    """A way to sort papers, with the values it can take."""

    values: dict[Id, Word] = Field(description="The tags of this facet.")


class RelationType(Word):
    """What one paper does to another, and the same seen from the other side."""

    inverse: Id = Field(description="The relation seen from the other paper; itself for a symmetric one.")


class Venue(Word):
    """Where papers appear."""

    url: Address | None = Field(default=None, description="The venue's own page.")


class ProtocolTerm(Word):
    """How features are evaluated; the version is part of the id."""


class DatasetTerm(Word):
    """A data set that papers report on."""

    url: Address | None = Field(default=None, description="Where it is described.")
    classes: Whole | None = Field(default=None, description="How many classes it has.")


class MetricTerm(Word):
    """What a reported number measures."""

    higher_is_better: Flag = Field(description="Whether a larger number is a better one.")


class MethodTerm(Word):
    """A method or baseline that papers report values of and that has no entry of its own."""

    url: Address | None = Field(default=None, description="The paper that it is from.")


Entry = TypeVar("Entry", bound=Word)


class Vocabulary(Record, Generic[Entry]):
    """One file of controlled words."""

    schema_: Format = Field(alias="schema", description="The version of this file's format: 1.")
    entries: dict[Term, Entry] = Field(description="The words by id.")


VOCABULARIES: dict[str, type[Word]] = {
    "tags": Facet,
    "relations": RelationType,
    "venues": Venue,
    "protocols": ProtocolTerm,
    "datasets": DatasetTerm,
    "metrics": MetricTerm,
    "methods": MethodTerm,
}
OPTIONAL = frozenset({"methods"})  # vocabularies that a catalog may lack


@cache
def file_model(name: str) -> type[Vocabulary[Any]]:
    """The model of ``vocab/<name>.yaml``; made when asked for, since most commands need one or two."""
    return cast("type[Vocabulary[Any]]", Vocabulary.__class_getitem__(VOCABULARIES[name]))
