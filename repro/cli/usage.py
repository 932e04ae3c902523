"""How commands are explained: help that is not cut, arguments by name, and a mistake as one sentence."""

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# What typer says of values, and what everything else here says.
REWORDED = (
    (r"Value error, ", ""),
    (r"Input should be a valid integer.*", "expected a whole number"),
    (r"Input should be a valid number.*", "expected a number"),
    (r"Input should be greater than or equal to (.*)", r"expected at least \1"),
    (r"Input should be less than or equal to (.*)", r"expected at most \1"),
)

# The same for the ranges of numbers that help names.
RANGES = ((r"\b([0-9.]+)<=x<=([0-9.]+)", r"\1 to \2"), (r"\bx>=([0-9.]+)", r"at least \1"))


class Verb(TyperCommand):
    """A command whose help names its arguments as people type them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """``[OPTIONS] PAPER [CLAIM]...``."""
        names = [_shown(parameter) for parameter in self.get_params(ctx) if _is_argument(parameter)]
        return ["[OPTIONS]", *names]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then options, each with its help."""
        parameters: list[Any] = self.get_params(ctx)
        arguments = [(_name(each), each.help or "") for each in parameters if _is_argument(each)]
        options = [each for each in parameters if not _is_argument(each)]
        records = [_with_name(each, each.get_help_record(ctx)) for each in options]
        for title, rows in (("Arguments", arguments), ("Options", records)):
            if rows := [row for row in rows if row]:
                with formatter.section(title):
                    formatter.write_dl(rows)


class VerbGroup(TyperGroup):
    """Commands whose help is not cut; without one it is printed, and a misspelt one names the nearest."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Print the help if there is nothing to parse."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command. A usage error that names the nearest one if there is none of this name."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            from repro.catalog.records.kinds import nearest

            close = nearest(name, self.commands)
            known = "" if close else f"; there are {', '.join(self.commands)}"
            ctx.fail(f"there is no command '{name}'{known}{'.' if close else ''}{close}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Every command with its whole first sentence."""
        rows = [(name, command.get_short_help_str(limit=1000)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def sentence(error: Any) -> str:
    """A mistake of usage as one line: what is wrong, what comes near, and which command explains more."""
    message, ctx = " ".join(error.format_message().split()), error.ctx
    for pattern, words in REWORDED:
        message = re.sub(pattern, words, message)
    parameter, typed = getattr(error, "param", None), getattr(error, "option_name", None)
    if parameter is not None and message.startswith("Missing"):
        message = f"{_name(parameter) if _is_argument(parameter) else parameter.opts[0]} is missing"
    elif typed and message.startswith("No such option"):
        message = _unknown_option(typed, ctx)
    help_ = f". `{ctx.command_path} --help` explains it." if ctx and not message.endswith("?") else ""
    return message.rstrip(".") + help_


def _unknown_option(typed: str, ctx: Any) -> str:
    from repro.catalog.records.kinds import nearest

    options = [name for parameter in ctx.command.get_params(ctx) for name in parameter.opts]
    close = nearest(typed, options)
    return f"there is no option '{typed}'{'.' if close else ''}{close}"


def _is_argument(parameter: Any) -> bool:
    """True if a parameter is told by its place, not by a name."""
    return bool(parameter.param_type_name == "argument")


def _name(parameter: Any) -> str:
    """An argument as help calls it: ``PAPER``, or ``CLAIM...`` where there may be several."""
    return _word(parameter) if parameter.nargs == 1 else f"{_word(parameter)}..."


def _shown(parameter: Any) -> str:
    """An argument in a line of usage, in brackets if it may be left out."""
    word = _word(parameter) if parameter.required else f"[{_word(parameter)}]"
    return word if parameter.nargs == 1 else f"{word}..."


def _word(parameter: Any) -> str:
    """The metavar; without one the parameter's own name, of a list in the singular."""
    name = str(parameter.name).upper()
    return str(parameter.metavar or (name if parameter.nargs == 1 else name.removesuffix("S")))


def _with_name(option: Any, record: tuple[str, str] | None) -> tuple[str, str] | None:
    """The help of an option, its value called as people do: N for a number, PATH, or by the option's name."""
    if record is None:
        return None
    label, text = record
    for pattern, range_ in RANGES:
        text = re.sub(pattern, range_, text)
    words = {"int": "N", "float": "NUMBER", "path": "PATH", "file": "PATH", "directory": "PATH"}
    kind = re.search(r" <([a-z]+)[^>]*>", label)
    if kind is None:
        return record
    word = words.get(kind[1], str(option.name).upper())
    return label.replace(kind[0], f" {word}"), text
