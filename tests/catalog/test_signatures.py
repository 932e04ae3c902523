"""What components take, read from source: what Python itself says, or refused."""

import inspect
from pathlib import Path
from typing import Literal

import pytest

from repro.catalog.code.signatures import SECTIONS, Signatures
from repro.errors import CatalogError, UsageError
from tests.support.toy_catalog import SOURCE, signatures

METHODS = "repro.learning.methods"


def test_a_component_is_found_through_the_registry(tmp_path: Path) -> None:
    known = signatures(tmp_path)
    assert known.names("method") == ("toy", "rival")
    toy = known.signature("method", "toy")
    assert (toy.module, toy.class_name, toy.summary) == (
        "repro.learning.methods.toy",
        "Toy",
        "A toy method. More here.",
    )
    assert [(p.name, p.annotation, p.default, p.required, p.help) for p in toy.parameters] == [
        ("dim", int, 8, False, "width of the head"),
        ("guard", bool, True, False, "what keeps it standing"),
        ("rate", float, 0.001, False, ""),
    ]


def test_an_inherited_constructor_counts(tmp_path: Path) -> None:
    known = signatures(tmp_path)
    assert [p.name for p in known.signature("encoder", "small").parameters] == ["width", "depth"]
    (stem,) = known.signature("encoder", "large").parameters
    assert stem.annotation == Literal["imagenet", "cifar"]
    assert stem.kind == "one of imagenet, cifar"


def test_defaults_are_typed_like_any_other_value(tmp_path: Path) -> None:
    views = signatures(tmp_path).signature("views", "images")
    assert [p.default for p in views.parameters] == [[0.08, 1.0], 0.5, 0.5, []]
    whole = signatures(
        tmp_path, learning__methods__rival="class Rival:\n    def __init__(self, *, tau: float = 1): ...\n"
    )
    assert repr(whole.signature("method", "rival").parameters[0].default) == "1.0"


def test_a_required_argument_is_required(tmp_path: Path) -> None:
    path, limit = signatures(tmp_path).signature("data", "folder").parameters
    assert path.required
    assert not limit.required
    assert limit.kind == "a whole number or null"


def test_constants_and_imported_classes_are_followed(tmp_path: Path) -> None:
    known = signatures(
        tmp_path,
        learning__methods__toy="from repro.learning.methods.inner import Toy\n",
        learning__methods__inner=(
            'Choice = Literal["a", "b"]\nSTART = "b"\n\n'
            "class Toy:\n    def __init__(self, *, pick: Choice | None = START) -> None: ...\n"
        ),
    )
    toy = known.signature("method", "toy")
    assert toy.module == "repro.learning.methods.inner"
    assert toy.parameters[0].default == "b"
    assert toy.parameters[0].kind == "one of a, b or null"


def test_arguments_on_one_line_do_not_share_a_comment(tmp_path: Path) -> None:
    text = "class Toy:\n    def __init__(\n        self, *, a: int = 1, b: int = 2,  # of b\n    ): ...\n"
    toy = signatures(tmp_path, learning__methods__toy=text).signature("method", "toy")
    assert [p.help for p in toy.parameters] == ["", "of b"]


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("x: dict[str, int] = {}", "`dict[str, int]` is not made of"),
        ("x=3", "no annotation"),
        ("x: torch.Tensor = 3", "`torch.Tensor`"),
        ("x: float = 1 / 3", "default `1 / 3` is not a literal"),
        ("x: float = compute()", "default `compute()` is not a literal"),
        ("x: int = 'a'", "found 'a', expected a whole number"),
        ("x: Literal[1, 2] = 1", "holds something else than texts"),
        ("name: str = 'x'", "would hide the component's own name"),
    ],
)
def test_what_cannot_be_a_setting_is_refused(tmp_path: Path, argument: str, says: str) -> None:
    text = f"class Rival:\n    def __init__(self, *, {argument}): ...\n"
    with pytest.raises(CatalogError) as caught:
        signatures(tmp_path, learning__methods__rival=text).signature("method", "rival")
    assert says in str(caught.value)
    assert str(caught.value).startswith("repro.learning.methods.rival:2: ")


@pytest.mark.parametrize(
    ("registry", "says"),
    [
        ("METHODS = {'toy': make()}\n", 'not `"name": ImportedClass`'),
        ("METHODS = {**OTHERS}\n", 'not `"name": ImportedClass`'),
        (
            "from repro.learning.methods.toy import Gone\nMETHODS = {'toy': Gone}\n",
            "no such class is defined here",
        ),
        (
            "from repro.learning.methods.gone import Toy\nMETHODS = {'toy': Toy}\n",
            "no module repro.learning.methods.gone",
        ),
        ("METHODS = {\n", "not valid Python"),
    ],
)
def test_a_registry_of_another_form_is_refused(tmp_path: Path, registry: str, says: str) -> None:
    with pytest.raises(CatalogError) as caught:
        signatures(tmp_path, learning__registry=registry).signature("method", "toy")
    assert says in str(caught.value)


def test_an_unknown_component_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no encoder 'smal'; there are small, large. Did you mean 'small'"):
        signatures(tmp_path).signature("encoder", "smal")


def test_nothing_of_the_source_is_run(tmp_path: Path) -> None:
    known = signatures(
        tmp_path, learning__methods__toy=f"raise SystemExit(1)\n{SOURCE['learning/methods/toy.py']}"
    )
    assert known.signature("method", "toy").class_name == "Toy"


def test_the_model_is_strict(tmp_path: Path) -> None:
    model = signatures(tmp_path).model("method", "toy")
    assert model.model_validate({"dim": "4"}).model_dump() == {"dim": 4, "guard": True, "rate": 0.001}
    for wrong in ({"dim": "4.0"}, {"depth": "1"}, {"guard": "yes"}):
        with pytest.raises(ValueError, match="ToyParameters"):
            model.model_validate(wrong)


def test_the_real_registry_is_read_as_python_reads_it() -> None:
    from repro.learning import registry

    known = Signatures()
    for section, table in SECTIONS.items():
        classes = getattr(registry, table)
        assert known.names(section) == tuple(classes)
        for name, cls in classes.items():
            real = [p for p in inspect.signature(cls).parameters.values() if p.kind is p.KEYWORD_ONLY]
            read = known.signature(section, name)
            assert [(p.name, p.required) for p in read.parameters] == [
                (p.name, p.default is p.empty) for p in real
            ]
            for parameter, expected in zip(read.parameters, real, strict=True):
                if not parameter.required:
                    default = expected.default
                    assert parameter.default == (list(default) if isinstance(default, tuple) else default)
            assert read.module == cls.__module__


def test_every_real_setting_has_help() -> None:
    known = Signatures()
    rows = [(s, n, p) for s in SECTIONS for n in known.names(s) for p in known.signature(s, n).parameters]
    assert len(rows) > 20
    assert [f"{name}.{parameter.name}" for _, name, parameter in rows if not parameter.help] == []
