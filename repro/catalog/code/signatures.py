"""What the registered components take, read from their source with ``ast``: nothing is imported or run.

A component is a class in one of the dicts of ``repro/learning/registry.py``; its settings are the
keyword-only arguments of its ``__init__``, whose types are simple ones and those of
:mod:`repro.catalog.records.bounds`. A comment behind an argument is the help people see. What a class states
of itself, such as how many views a method needs, is a literal in its body.
"""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_origin

from pydantic import BaseModel, Field, create_model

from repro.catalog.code.source import PackageSource
from repro.catalog.reading.bind import MismatchError, validate
from repro.catalog.records import bounds
from repro.catalog.records.base import Settings
from repro.catalog.records.kinds import nearest, read, words
from repro.errors import CatalogError, UsageError

# The sections of a configuration that name a component, and the registry's dict for each.
SECTIONS = {"method": "METHODS", "encoder": "ENCODERS", "views": "VIEWS", "data": "DATASETS"}
KNOWN = {"bool": bool, "int": int, "float": float, "str": str}
LISTS = ("list", "tuple", "Sequence")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a component."""

    name: str
    annotation: Any
    default: Any
    required: bool
    help: str

    @property
    def kind(self) -> str:
        """Its type in words."""
        return words(self.annotation)


@dataclass(frozen=True, slots=True)
class Signature:
    """A registered component: where its class is, what it takes, and what it states of itself."""

    section: str
    name: str
    module: str
    class_name: str
    summary: str
    parameters: tuple[Parameter, ...]
    facts: Mapping[str, Any]


class Signatures:
    """The signatures of every registered component; each is read when asked for."""

    def __init__(self, source: PackageSource | None = None) -> None:
        self.source = source or PackageSource()
        self.signature = cache(self._signature)
        self.model = cache(self._model)
        self._registry = cache(lambda: _registry(self._module("learning.registry"), self.source))

    def names(self, section: str) -> tuple[str, ...]:
        """The components of ``method``, ``encoder``, ``views`` or ``data``, in the registry's order."""
        return tuple(self._registry().get(SECTIONS[section], {}))

    def probe_modules(self) -> list[str]:
        """The modules of the registered probes."""
        return [module for module, _ in self._registry().get("PROBES", {}).values()]

    def _signature(self, section: str, name: str) -> Signature:
        """The signature of a component.

        Raises:
            UsageError: no component of the section has this name.
        """
        names = self.names(section)
        if name not in names:
            known = f"there are {', '.join(names)}" if names else "there are none"
            raise UsageError(f"there is no {section} '{name}'; {known}.{nearest(name, names)}")
        module, class_name = self._registry()[SECTIONS[section]][name]
        module, node = _definition(module, class_name, self.source)
        summary = (ast.get_docstring(node) or "").partition("\n")[0]
        lineage = list(_lineage(module, node, self.source))
        built = ((owner, function) for owner, cls in lineage if (function := _constructor(cls)))
        owner, function = next(built, (module, None))
        parameters = _parameters(owner, function, self.source) if function else ()
        facts = {fact: value for _, cls in reversed(lineage) for fact, value in _facts(cls)}
        return Signature(section, name, module, class_name, summary, parameters, facts)

    def _model(self, section: str, name: str) -> type[BaseModel]:
        """A strict model of the component's parameters. Raises :class:`repro.errors.UsageError`."""
        signature = self.signature(section, name)
        fields: dict[str, Any] = {}
        for parameter in signature.parameters:
            default = ... if parameter.required else parameter.default
            described = Field(default, description=parameter.help or None)
            fields[parameter.name] = (parameter.annotation, described)
        return create_model(f"{signature.class_name}Parameters", __base__=Settings, **fields)

    def check(self, section: str, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a component, typed, with defaults for the others.

        Raises:
            UsageError: one is unknown, missing, or does not fit; the message names it as ``section.key``.
        """
        try:
            return validate(self.model(section, name), dict(settings)).model_dump()
        except MismatchError as mismatch:
            path, _, text = mismatch.faults[0]
            raise UsageError(f"{'.'.join([section, *map(str, path)])}: {text}") from None

    def _module(self, name: str) -> str:
        return f"{self.source.package.name}.{name}"


@cache
def installed() -> Signatures:
    """Those of this installation, whose source is parsed once in a process."""
    return Signatures()


def _registry(module: str, source: PackageSource) -> dict[str, dict[str, tuple[str, str]]]:
    """{dict name: {component: (module, class)}} of a registry of literal dicts."""
    tree = source.tree(module)
    origins = _imported(tree)
    found = {}
    for name, value in _assignments(tree).items():
        if isinstance(value, ast.Dict):
            found[name] = dict(
                _entry(key, item, origins, module) for key, item in zip(value.keys, value.values, strict=True)
            )
    return found


def _entry(key: ast.expr | None, value: ast.expr, origins: dict[str, tuple[str, str]], module: str) -> Any:
    if not isinstance(key, ast.Constant) or not isinstance(value, ast.Name) or value.id not in origins:
        raise CatalogError(
            f'{module}:{value.lineno}: an entry of the registry is not `"name": ImportedClass`.'
        )
    return key.value, origins[value.id]


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """{local name: (module, name there)} of the from-imports of a module."""
    froms = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {
        alias.asname or alias.name: (str(node.module), alias.name) for node in froms for alias in node.names
    }


def _assignments(tree: ast.Module | ast.ClassDef) -> dict[str, ast.expr]:
    """{name: value} of the plain assignments in the body of a module or a class."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = node.value
    return found


def _definition(module: str, name: str, source: PackageSource) -> tuple[str, ast.ClassDef]:
    """The class called ``name`` in ``module``, or where that module imports it from."""
    tree = source.tree(module)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
    origin = _imported(tree).get(name)
    if origin is None:
        raise CatalogError(f"{module}: the registry names {name}, but no such class is defined here.")
    return _definition(*origin, source)


def _lineage(module: str, node: ast.ClassDef, source: PackageSource) -> Iterator[tuple[str, ast.ClassDef]]:
    """(module, class) of a class and then of its bases inside the package, the nearest first."""
    yield module, node
    local = {item.name for item in source.tree(module).body if isinstance(item, ast.ClassDef)}
    origins = _imported(source.tree(module))
    for base in node.bases:
        if isinstance(base, ast.Name):
            origin = (module, base.id) if base.id in local else origins.get(base.id, ("", ""))
            if source.file(origin[0]):
                yield from _lineage(*_definition(*origin, source), source)


def _constructor(node: ast.ClassDef) -> ast.FunctionDef | None:
    """The class's own ``__init__``; None if it has none."""
    methods = (member for member in node.body if isinstance(member, ast.FunctionDef))
    return next((method for method in methods if method.name == "__init__"), None)


def _facts(node: ast.ClassDef) -> Iterator[tuple[str, Any]]:
    """(name, value) of the literals that a class assigns in its body."""
    for name, value in _assignments(node).items():
        try:
            yield name, ast.literal_eval(value)
        except ValueError:
            continue


def _parameters(module: str, function: ast.FunctionDef, source: PackageSource) -> tuple[Parameter, ...]:
    tree = source.tree(module)
    names = _Names(KNOWN | dict(_bounds(tree)), _assignments(tree))
    comments = _comments(source.text(module))
    pairs = list(zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True))
    last_on_line = {(default or argument).end_lineno: argument.arg for argument, default in pairs}
    found = []
    for argument, default in pairs:
        line = (default or argument).end_lineno or argument.lineno
        help_ = comments.get(line, "") if last_on_line[line] == argument.arg else ""
        found.append(_parameter(f"{module}:{argument.lineno}", argument, default, names, help_))
    return tuple(found)


class _Names(NamedTuple):
    """What names in a module stand for."""

    types: Mapping[str, Any]
    constants: Mapping[str, ast.expr]


def _bounds(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """(local name, type) of the bounds that a module imports."""
    for local, (module, name) in _imported(tree).items():
        if module == bounds.__name__ and get_origin(bound := getattr(bounds, name, None)) is Annotated:
            yield local, bound


def _parameter(
    place: str, argument: ast.arg, default: ast.expr | None, names: _Names, help_: str
) -> Parameter:
    try:
        annotation = _annotation(argument.annotation, names)
        value = None if default is None else read(annotation, _literal(default, names.constants))
    except ValueError as error:
        raise CatalogError(f"{place}: argument {argument.arg} cannot be a setting: {error}") from None
    if argument.arg == "name":
        raise CatalogError(
            f"{place}: an argument called 'name' would hide the component's own name; rename it."
        )
    return Parameter(argument.arg, annotation, value, default is None, help_)


def _annotation(node: ast.expr | None, names: _Names) -> Any:
    """The annotation that an expression of simple types stands for. Raises ValueError for any other."""
    match node:
        case ast.Name(id=name) if name in names.types:
            return names.types[name]
        case ast.Name(id=name) if name in names.constants:
            return _annotation(names.constants[name], names)
        case ast.Constant(value=None):
            return None
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return Union[_annotation(left, names), _annotation(right, names)]  # noqa: UP007
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            return Literal[tuple(_texts(choices))]
        case ast.Subscript(value=ast.Name(id=name), slice=item) if name in LISTS:
            item = item.elts[0] if isinstance(item, ast.Tuple) else item
            return list[_annotation(item, names)]  # type: ignore[misc]
    written = "no annotation" if node is None else f"`{ast.unparse(node)}`"
    raise ValueError(
        f"{written} is not made of bool, int, float, str, None, Literal, lists, tuples and the types of "
        f"{bounds.__name__}."
    )


def _texts(node: ast.expr) -> Sequence[str]:
    value = ast.literal_eval(node)
    choices = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(choice, str) for choice in choices):
        raise ValueError(f"`Literal[{ast.unparse(node)}]` holds something else than texts.")
    return choices


def _literal(node: ast.expr, constants: Mapping[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name) and node.id in constants:
        return _literal(constants[node.id], constants)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"its default `{ast.unparse(node)}` is not a literal.") from None


def _comments(text: str) -> dict[int, str]:
    """{line: comment} of comments that stand behind code."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    behind = [
        token for token in tokens if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip()
    ]
    return {token.start[0]: token.string.lstrip("#").strip() for token in behind}
