"""What every record of the catalog is made of: a strict base model, typed text, text in two languages."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from repro.catalog.records.forms import ADDRESS
from repro.catalog.records.kinds import describe, read, reader, words


def _https(address: str) -> str:
    if not address.startswith("https://"):
        sentence = f"found {describe(address)}, expected an address that starts with https://."
        raise PydanticCustomError("not_https", "{sentence}", {"sentence": sentence})
    return address


def _plain(value: Any) -> Any:
    """A scalar or a list of scalars, as YAML gave it."""
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, list | dict) for item in items):
        sentence = f"found {describe(value)}, expected a single value or a list of single values."
        raise PydanticCustomError("wrong_kind", "{sentence}", {"sentence": sentence})
    return value


Whole = Annotated[int, reader(int)]
Number = Annotated[float, reader(float)]
Flag = Annotated[bool, reader(bool)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Address = Annotated[Text, AfterValidator(_https), StringConstraints(pattern=ADDRESS, max_length=500)]
# A value whose type depends on the component it is for; it is typed when a configuration is resolved.
Untyped = Annotated[Any, BeforeValidator(_plain)]
Format = Annotated[Literal[1], reader(int)]


class Record(BaseModel):
    """Frozen, knows every key it takes, and is built only when first used."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, hide_input_in_errors=True, protected_namespaces=()
    )


class Settings(Record):
    """A record whose values are read from text by their kinds, bounds included."""

    @field_validator("*", mode="before")
    @classmethod
    def _typed(cls, value: Any, info: ValidationInfo) -> Any:
        """The value of a field as its kind asks."""
        try:
            return read(cls.model_fields[str(info.field_name)].rebuild_annotation(), value)
        except ValueError as error:
            raise PydanticCustomError("wrong_setting", "{sentence}", {"sentence": str(error)}) from None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The JSON Schema, in which the description of a field says in words what it may be."""
        schema = handler(core)
        fields = handler.resolve_ref_schema(schema).get("properties", {})
        for name, field in cls.model_fields.items():
            said = [field.description or name, words(field.rebuild_annotation())]
            fields[name]["description"] = "; ".join(said)
        return schema


class Localised(Record):
    """The same text in English and, where somebody wrote it, in Chinese."""

    en: Text = Field(description="The text in English.")
    zh: Text | None = Field(default=None, description="The text in Chinese.")
