"""The reference of the command line in docs/commands.md, from its parsers."""
# ruff: noqa: SLF001 - argparse shows what it was told to nobody else

import argparse
from collections.abc import Iterator

from backend.cli import COMMANDS
from scripts.schema_words import markdown_table

_NOT_SHOWN = ("help", "config")


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"bakeoff {name}")
    COMMANDS[name][2](parser)
    return parser


def tree() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that can be typed: `bakeoff user add` and so on."""
    for name in COMMANDS:
        yield from _within(f"bakeoff {name}", parser_of(name))


def commands() -> str:
    return "\n" + "\n".join(_section(name) for name in COMMANDS)


def _section(name: str) -> str:
    _, help_text, _ = COMMANDS[name]
    parser = parser_of(name)
    parts = [f"## bakeoff {name}", help_text]
    for command, each in _within(f"bakeoff {name}", parser):
        if _deeds(each) is None:
            parts += list(
                _one(command, each, said="" if command == f"bakeoff {name}" else each.description or "")
            )
    if any(action.dest == "config" for action in parser._actions):
        where = f", before the word that follows `{name}`" if _deeds(parser) else ""
        parts.append(f"Takes every [setting](configuration.md) as a flag{where}, and `--config FILE`.")
    return "\n\n".join(parts) + "\n"


def _one(command: str, parser: argparse.ArgumentParser, said: str) -> Iterator[str]:
    actions = _own(parser)
    yield f"`{' '.join([command, *map(_usage, actions)])}`{f': {said}.' if said else ''}"
    rows = [[f"`{_name(action)}`", _meaning(action)] for action in actions if action.help or action.choices]
    if rows:
        yield markdown_table(["argument", "meaning"], rows).rstrip()


def _within(command: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield command, parser
    deeds = _deeds(parser)
    if deeds is not None:
        helps = {choice.dest: choice.help or "" for choice in deeds._choices_actions}
        for name, below in deeds.choices.items():
            below.description = helps.get(name, "")
            yield from _within(f"{command} {name}", below)


def _deeds(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser] | None":
    return next((each for each in parser._actions if isinstance(each, argparse._SubParsersAction)), None)


def _own(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in parser._actions
        if action.dest not in _NOT_SHOWN and not action.dest.startswith("setting_")
    ]


def _usage(action: argparse.Action) -> str:
    name = _name(action)
    return name if action.required and action.nargs != "?" else f"[{name}]"


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest).upper()
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return f"{action.option_strings[-1]}{value}"


def _meaning(action: argparse.Action) -> str:
    choices = f"one of {', '.join(f'`{each}`' for each in action.choices)}" if action.choices else ""
    default = f"usually `{action.default}`" if _worth_saying(action) else ""
    return "; ".join(filter(None, [action.help or "", choices, default]))


def _worth_saying(action: argparse.Action) -> bool:
    return (
        bool(action.default)
        and action.default is not argparse.SUPPRESS
        and "default" not in (action.help or "")
    )
