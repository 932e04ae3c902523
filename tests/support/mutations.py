"""Random damage to files of the catalog, each with what must come of it, for ``test_mutations.py``.

A mutation is made from a file's values, its text or its bytes. ``broken`` says that nobody could have meant
the result, judged by what was done and by the model's annotations alone, never by the checker. What an author
could have written as well (an optional key dropped, another free text) is not broken.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from repro.catalog.reading.document import MAX_BYTES, Document, Steps
from repro.catalog.reading.events import MAX_TEXT
from repro.catalog.records import forms

CONTROLS = "\x00\x07\x08\x0b\x1b\x7f\x85\u00ad\u200b\u202e\u2066\u2028\ufeff\ufffe"
LEFTOVERS = ("TODO", "FIXME", "TBD", "<b>bold</b>", "<script>alert(1)</script>", "&lt;", "[a](https://b.org)")
REFERENCES = ("venue", "type", "evidence", "protocol", "dataset", "metric", "follows", "paper", "benchmark")
NARROW = {
    pattern: re.compile(pattern)
    for pattern in (
        forms.DOI,
        forms.ARXIV,
        forms.DATE,
        forms.COMMIT,
        forms.DECIMAL,
        forms.ADDRESS,
        forms.ORCID,
    )
}


class Node(NamedTuple):
    """A value of a file: where it is, what the model says of it, and whether its key must be there."""

    path: Steps
    annotation: Any
    value: Any
    required: bool
    key: str  # field: a key of a record; name: a key that people choose; item: a place in a list


class Case(NamedTuple):
    """A sound file that is to be damaged."""

    file: str
    model: type[BaseModel]
    document: Document
    nodes: tuple[Node, ...]


class Mutation(NamedTuple):
    """What became of a file, and whether it is broken."""

    data: bytes
    broken: bool


def case(file: str, model: type[BaseModel], document: Document) -> Case:
    """A file with all its values."""
    return Case(file, model, document, tuple(_below(model, document.value, ())))


def mutate(case: Case, random: Random) -> tuple[str, Mutation]:
    """One mutation, and the name of the operator that made it."""
    operator = random.choice(OPERATORS)
    found = operator(case, random)
    return operator.__name__, found if isinstance(found, Mutation) else Mutation(found.encode(), True)


def _below(annotation: Any, value: Any, path: Steps) -> Iterator[Node]:
    for step, kind, item, required, key in _inside(_plain(annotation), value):
        yield Node((*path, step), kind, item, required, key)
        yield from _below(kind, item, (*path, step))


def _inside(annotation: Any, value: Any) -> Iterator[tuple[str | int, Any, Any, bool, str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for key, item in value.items():
            field = fields(annotation)[key]
            yield key, _annotation(field), item, field.is_required(), "field"
    elif get_origin(annotation) is dict:
        yield from ((key, get_args(annotation)[1], item, False, "name") for key, item in value.items())
    elif isinstance(value, list) and get_origin(annotation) in (tuple, list):
        yield from ((at, get_args(annotation)[0], item, False, "item") for at, item in enumerate(value))


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a record by the keys of its file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _annotation(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _without_none(annotation: Any) -> Any:
    members = get_args(annotation) if NoneType in get_args(annotation) else ()
    return next((member for member in members if member is not NoneType), annotation)


def _plain(annotation: Any) -> Any:
    """The annotation without None and without constraints."""
    annotation = _without_none(annotation)
    return _plain(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def fits(annotation: Any, text: Any) -> bool | None:
    """Whether a text is of a narrow kind (a number, a choice, an identifier); None if the kind is wide."""
    plain, metadata = _plain(annotation), getattr(_without_none(annotation), "__metadata__", ())
    patterns = [found for part in metadata if (found := getattr(part, "pattern", None)) in NARROW]
    if plain is int:
        return isinstance(text, str) and text.isdigit()
    if get_origin(plain) is Literal:
        return text in [str(choice) for choice in get_args(plain)]
    return isinstance(text, str) and bool(NARROW[patterns[0]].fullmatch(text)) if patterns else None


def emit(value: Any, twice: Steps = (), path: Steps = (), ascii: bool = False) -> str:
    """The value as YAML in JSON's form; the key at ``twice`` is written two times."""
    if isinstance(value, list):
        return f"[{', '.join(emit(item, twice, (*path, at), ascii) for at, item in enumerate(value))}]"
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=ascii)
    pairs = []
    for key, item in value.items():
        here = (*path, key)
        pair = f"{json.dumps(key, ensure_ascii=ascii)}: {emit(item, twice, here, ascii)}"
        pairs += [pair, pair] if here == twice else [pair]
    return "{" + ",\n".join(pairs) + "}"


def _with(case: Case, node: Node, value: Any) -> Any:
    """A copy of the file's values with another one in the place of the node."""
    tree = deepcopy(case.document.value)
    _parent(tree, node)[node.path[-1]] = value
    return tree


def _parent(tree: Any, node: Node) -> Any:
    for step in node.path[:-1]:
        tree = tree[step]
    return tree


def _texts(case: Case) -> list[Node]:
    return [node for node in case.nodes if isinstance(node.value, str)]


def drop(case: Case, random: Random) -> Mutation:
    required = [node for node in case.nodes if node.required]
    node = random.choice(required if random.random() < 0.8 else case.nodes)
    tree = deepcopy(case.document.value)
    del _parent(tree, node)[node.path[-1]]
    return Mutation(emit(tree).encode(), node.required)


def double(case: Case, random: Random) -> str:
    node = random.choice([node for node in case.nodes if node.key != "item"])
    return emit(case.document.value, twice=node.path)


def rename(case: Case, random: Random) -> Mutation:
    node = random.choice([node for node in case.nodes if node.key != "item"])
    tree = deepcopy(case.document.value)
    parent, key = _parent(tree, node), str(node.path[-1])
    parent[random.choice([key + "_x", key.upper(), key[:-1] + "-" + key[-1:], f" {key}"])] = parent.pop(key)
    chosen_freely = node.key == "name" and case.file.startswith("vocab/")
    return Mutation(emit(tree).encode(), not chosen_freely)


def retype(case: Case, random: Random) -> str:
    return emit(_with(case, random.choice(case.nodes), random.choice([{"x": ["y"]}, [["x"]]])))


def blank(case: Case, random: Random) -> Mutation:
    node = random.choice(case.nodes)
    value = random.choice([None, "some words"])
    wide = fits(node.annotation, value) is None and isinstance(node.value, str)
    broken = node.required or _plain(node.annotation) is not Any if value is None else not wide
    if value is None and not node.required and node.key == "field":
        broken = _without_none(node.annotation) is node.annotation and isinstance(node.value, str)
    return Mutation(emit(_with(case, node, value)).encode(), broken)


def wrap(case: Case, random: Random) -> str:
    node = random.choice(case.nodes)
    return emit(_with(case, node, {"name": node.value}))


def move(case: Case, random: Random) -> Mutation:
    records = [node for node in case.nodes if isinstance(_plain(node.annotation), type(BaseModel))]
    target = random.choice(records)
    node = random.choice([node for node in case.nodes if node.key == "field" and len(node.path) == 1])
    tree = deepcopy(case.document.value)
    if target.path[0] == node.path[0]:
        return Mutation(case.document.text.encode(), False)
    inner = tree
    for step in target.path:
        inner = inner[step]
    accepted = node.path[0] in fields(_plain(target.annotation))
    inner[node.path[0]] = tree.pop(node.path[0])
    return Mutation(emit(tree).encode(), node.required or not accepted)


def control(case: Case, random: Random) -> str:
    node = random.choice(_texts(case))
    at = random.randint(0, len(node.value))
    text = node.value[:at] + random.choice(CONTROLS) + node.value[at:]
    return emit(_with(case, node, text), ascii=random.random() < 0.5)


def leftover(case: Case, random: Random) -> str:
    node = random.choice(_texts(case))
    return emit(_with(case, node, f"{node.value} {random.choice(LEFTOVERS)}"))


def refer(case: Case, random: Random) -> Mutation:
    references = [node for node in _texts(case) if node.path[-1] in REFERENCES or node.path[0] == "tags"]
    node = random.choice(references or _texts(case))
    return Mutation(emit(_with(case, node, f"{node.value}-zq")).encode(), bool(references))


def swap(case: Case, random: Random) -> Mutation:
    first, second = random.sample(_texts(case), 2)
    tree = _with(case, first, second.value)
    _parent(tree, second)[second.path[-1]] = first.value
    broken = False in (fits(first.annotation, second.value), fits(second.annotation, first.value))
    return Mutation(emit(tree).encode(), broken)


def huge(case: Case, random: Random) -> str:
    node = random.choice(case.nodes)
    value = random.choice(
        ["x" * (MAX_TEXT + 1), "y" * 900_000, ["z"] * 18_000, [["z"]] * 9_000, ["z"] * 60_000]
    )
    return emit(_with(case, node, value)) + random.choice(["", "\n#" + " " * MAX_BYTES])


def deep(case: Case, random: Random) -> str:
    depth, mark = random.randint(20, 4000), "\x01"
    opening, closing = random.choice([("[", "]"), ("{a: ", "}")])
    text = emit(_with(case, random.choice(case.nodes), mark), ascii=True)
    return text.replace('"\\u0001"', opening * depth + closing * depth)


def bomb(case: Case, random: Random) -> str:
    levels = random.randint(1, 30)
    lines = [f"b{level}: &b{level} [{', '.join([f'*b{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(["b0: &b0 [x, x]", *lines, case.document.text])


def cut(case: Case, random: Random) -> Mutation:
    """The file up to a byte; without the last of the keys that must be there it cannot be meant."""
    data = case.document.text.encode()
    required = [node.path for node in case.nodes if node.required and len(node.path) == 1]
    last = max(case.document.place(path, key=True) for path in required)
    lines = case.document.text.splitlines(keepends=True)[: last.line - 1]
    at = random.randrange(len(data))
    return Mutation(data[:at], at < len("".join(lines).encode()))


def flip(case: Case, random: Random) -> Mutation:
    data = bytearray(case.document.text.encode())
    for _ in range(random.randint(1, 4)):
        data[random.randrange(len(data))] = random.randrange(256)
    return Mutation(bytes(data), False)


def reindent(case: Case, random: Random) -> Mutation:
    lines = case.document.text.splitlines(keepends=True)
    at = random.randrange(len(lines))
    lines[at] = random.choice(["\t", " ", "   ", "- ", "? ", ""]) + lines[at].lstrip()
    return Mutation("".join(lines).encode(), False)


FREQUENT = (
    drop,
    double,
    rename,
    retype,
    blank,
    wrap,
    move,
    control,
    leftover,
    refer,
    swap,
    cut,
    reindent,
    flip,
)
OPERATORS: tuple[Callable[[Case, Random], Mutation | str], ...] = (*FREQUENT * 4, deep, deep, bomb, huge)
