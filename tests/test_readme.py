"""The README says nothing that is not so: its verbs exist, and its table is what the evidence says."""

import importlib.util
import re
from pathlib import Path

import typer.main

from repro.cli.app import app, data_app

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def verbs(of: typer.Typer) -> set[str]:
    return set(typer.main.get_command(of).commands)  # type: ignore[attr-defined]


def test_every_verb_is_in_the_readme() -> None:
    told = set(re.findall(r"`repro (\w+)", TEXT))
    assert told == verbs(app)


def test_every_verb_is_on_the_page_of_commands() -> None:
    page = (ROOT / "site" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`repro (\w+)", page)) == verbs(app)


def test_every_data_verb_is_in_the_readme() -> None:
    listed = re.search(r"`repro data ([\w\\|]+)`", TEXT)
    assert listed
    assert set(listed[1].split("\\|")) == verbs(data_app)


def test_every_option_in_the_readme_exists() -> None:
    known = {
        option for command in typer.main.get_command(app).commands.values() for option in options(command)
    }  # type: ignore[attr-defined]
    assert set(re.findall(r"(?<![\w-])--[a-z]+", TEXT)) <= known


def options(command: object) -> set[str]:
    found = {option for parameter in command.params for option in parameter.opts}  # type: ignore[attr-defined]
    return found | {
        option for inner in getattr(command, "commands", {}).values() for option in options(inner)
    }


def test_every_file_in_the_readme_exists() -> None:
    for name in re.findall(r"\((site/[^)]+)\)", TEXT):
        assert (ROOT / name).is_file(), name


def test_the_table_is_what_the_evidence_says() -> None:
    spec = importlib.util.spec_from_file_location("readme_table", ROOT / "speed" / "readme_table.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.filled(TEXT) == TEXT


def test_the_table_has_the_four_papers_with_three_seeds() -> None:
    rows = re.findall(r"^\| (\S+) \| placed digits \|  \| (\d+) \|", TEXT, flags=re.MULTILINE)
    assert {paper for paper, seeds in rows if int(seeds) >= 3} >= {
        "simclr",
        "byol",
        "barlow-twins",
        "simsiam",
    }
