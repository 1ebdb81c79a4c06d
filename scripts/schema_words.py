"""JSON Schema in the words of a reference page."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from scripts.wire_notes import moment_of, notes_of, structs

Schema = Mapping[str, Any]
Link = Callable[[str], str]
"""From the name of a type to how the page refers to it."""

_STRINGS = {"uuid": "id", "date": "day", "date-time": "time", "decimal": "decimal", "binary": "bytes"}
_HAVE_NO_DEFAULT = (None, "", [], (), {})


def table_of(
    name: str, schema: Schema, link: Link, *, asked: bool, told: Collection[str] = frozenset()
) -> str:
    """The fields of a struct. `asked`: somebody writes it, so it matters which fields may be left out.

    `told`: fields that the page has spoken of already.
    """
    properties = {key: value for key, value in schema.get("properties", {}).items() if key not in told}
    if not properties:
        return ""
    needed = set(schema.get("required", ()))
    notes = notes_of(name)
    rows = []
    for field in _in_order(name, properties):
        kind = words_of(properties[field], link)
        if moment := moment_of(name, field):
            kind = f"{moment}, or null" if kind.endswith("null") else moment
        cells = [f"`{field}`", kind]
        if asked:
            cells.append("needed" if field in needed else _default_of(properties[field]))
        rows.append([*cells, notes.get(field, properties[field].get("description", ""))])
    head = ["field", "type", "without it", "meaning"] if asked else ["field", "type", "meaning"]
    return markdown_table(head, rows)


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def words_of(schema: Schema, link: Link) -> str:
    """Litestar writes bounds beside the choices that they are meant for."""
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        bounds = {key: value for key, value in schema.items() if key not in {"oneOf", "anyOf", "default"}}
        others = [words_of({**bounds, **each}, link) for each in choices if each.get("type") != "null"]
        return ", or ".join([*others, "null"] if len(others) < len(choices) else others)
    if "$ref" in schema:
        return link(str(schema["$ref"]).rpartition("/")[2])
    if "enum" in schema:
        return _one_of(schema["enum"])
    return _plain(schema, link)


def refs_in(schema: Any) -> set[str]:
    """Names of all types that a schema mentions."""
    if isinstance(schema, dict):
        own = {str(schema["$ref"]).rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*map(refs_in, schema.values()))
    return set().union(*map(refs_in, schema)) if isinstance(schema, list) else set()


def _plain(schema: Schema, link: Link) -> str:
    kinds = schema.get("type", "anything")
    kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
    match kind:
        case "array":
            words = (
                f"list of {words_of(schema.get('items', {}), link)}{_between(schema, 'minItems', 'maxItems')}"
            )
        case "string":
            words = _STRINGS.get(schema.get("format", ""), "text") + _between(
                schema, "minLength", "maxLength"
            )
            words += f" like `{schema['pattern']}`" if "pattern" in schema else ""
        case "integer" | "number":
            words = f"{kind}{_range(schema)}"
        case _:
            words = str(kind)
    return f"{words}, or null" if isinstance(kinds, list) and "null" in kinds else words


def _one_of(values: list[Any]) -> str:
    words = ", ".join("null" if value is None else f"`{value}`" for value in values)
    return words if len(values) == 1 else f"one of {words}"


def _between(schema: Schema, least: str, most: str) -> str:
    if most not in schema:
        return f", {schema[least]} at least" if least in schema else ""
    return f", up to {schema[most]:,}"


def _range(schema: Schema) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f", {low:,.15g} to {high:,.15g}"
    return f" from {low:,.15g}" if low is not None else ""


def _default_of(schema: Schema) -> str:
    default = schema.get("default")
    if default in _HAVE_NO_DEFAULT or isinstance(default, dict):
        return "—"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _in_order(name: str, properties: Mapping[str, Any]) -> list[str]:
    """As the code has them, after the tag; documents are sorted by letter."""
    struct = structs().get(name)
    known = [field for field in _encoded(struct) if field in properties] if struct else []
    return sorted(set(properties) - set(known)) + known


def _encoded(struct: type) -> tuple[str, ...]:
    return tuple(struct.__struct_encode_fields__)
