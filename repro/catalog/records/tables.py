"""The form of a table of reported values in a file: what the values share, then one line a value.

The keys are those of a reported value, of its setting and of its source, side by side. Reading makes of every
value the :class:`repro.catalog.records.paper.Reported` that it would be if it were written by itself.
"""

from collections.abc import Collection
from typing import Any

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from repro.catalog.records.base import Record, Text
from repro.catalog.records.paper import Reported, ReportedSetting, Source

# What stands inside a reported value, and the keys it has there.
PARTS = {"setting": tuple(ReportedSetting.model_fields), "source": tuple(Source.model_fields)}
OWN = ("id", "value")  # keys that no two values share
NAMED_BY_TABLE = "place"


def _fields(left_out: Collection[str]) -> dict[str, Any]:
    """{key: its kind and what it is} of a reported value, its setting and its source, side by side."""
    flat: dict[str, FieldInfo] = {}
    for model in (Reported, ReportedSetting, Source):
        flat |= model.model_fields
    names = [name for name in flat if name not in {*PARTS, NAMED_BY_TABLE, *left_out}]
    return {name: (_kind(name, flat[name]), _described(name, flat[name])) for name in names}


def _kind(name: str, field: FieldInfo) -> Any:
    """What a key holds; all but OWN may be left out, since the other of table and value may give them."""
    kind = field.rebuild_annotation()
    return kind if name in OWN else kind | None


def _described(name: str, field: FieldInfo) -> Any:
    described = field.description
    return Field(description=described) if name in OWN else Field(default=None, description=described)


SharedKeys = create_model(
    "SharedKeys", __base__=Record, __doc__="What all values of a table have in common.", **_fields(OWN)
)
TableValue = create_model(
    "TableValue",
    __base__=Record,
    __doc__="One value of a table, with what it does not share.",
    **_fields(()),
)
ReportedTable = create_model(
    "ReportedTable",
    __base__=Record,
    __doc__="Values of one table, figure or section.",
    table=(Text, Field(description="The table, figure or section: the place of every value.")),
    shared=(SharedKeys, Field(default=None, description="What all values of the table have in common.")),
    values=(
        tuple[TableValue, ...],  # type: ignore[valid-type]  # a class made at run time
        Field(min_length=1, description="The values, with what they do not share."),
    ),
)
