"""The reference of HTTP in docs/http.md, from the routes themselves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from litestar import Litestar

from backend.accounts.guards import right_of
from backend.accounts.rights import BY_ROLE, BY_SCOPE, ROLES, SCOPES, Right
from backend.app import compose
from backend.health.watchers import watched
from backend.kit.http.openapi import ApiDocument
from backend.kit.metrics import Metrics
from backend.kit.sockets import Nowhere
from backend.kit.version import version
from backend.settings import Settings
from scripts.schema_words import markdown_table, refs_in, table_of, words_of
from scripts.wire_notes import sentence_of

# In the order in which somebody meets them.
GROUPS: Mapping[str, str] = {
    "info": "The server",
    "accounts": "Signing in, accounts, API keys",
    "models": "Models",
    "comparisons": "Comparisons",
    "attachments": "Attachments",
    "history": "History",
    "shares": "Shares",
    "reports": "Reports",
    "budgets": "Budgets",
    "keys": "Provider keys",
    "endpoints": "Endpoints of users",
    "administration": "Administration",
    "health": "Health and metrics",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    right: Right | None
    operation: Mapping[str, Any]
    watched: bool
    """Open to monitors, as a setting has it."""
    also: list[str] = field(default_factory=list)
    """Older addresses of the same route."""

    @property
    def address(self) -> str:
        return f"{self.method} {self.path}"


@cache
def _app() -> tuple[Litestar, Mapping[str, Any]]:
    app = compose(Settings.load({}), Metrics.declare(version()), Nowhere())
    return app, ApiDocument(app).value


def schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = _app()[1]["components"]["schemas"]
    return found


@cache
def routes() -> tuple[Route, ...]:
    app, document = _app()
    found: dict[tuple[object, str], Route] = {}
    for route in app.routes:
        item = document["paths"].get(route.path_format, {})
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods):
                if operation := item.get(method.lower()):
                    opt = handler.opt
                    made = Route(
                        method,
                        route.path_format,
                        right_of(opt),
                        operation,
                        bool(watched().keys() & opt.keys()),
                    )
                    first = found.setdefault((handler.fn, method), made)
                    if first is not made:
                        first.also.append(made.address)
    paths = list(dict.fromkeys(route.path for route in found.values()))
    return tuple(
        sorted(found.values(), key=lambda each: (paths.index(each.path), _METHODS.index(each.method)))
    )


def _grouped() -> Mapping[str, list[Route]]:
    groups: dict[str, list[Route]] = {tag: [] for tag in GROUPS}
    for route in routes():
        groups[route.operation["tags"][0]].append(route)  # a tag without a place here has to be given one
    return groups


def routes_at_a_glance() -> str:
    rows = []
    for tag, listed in _grouped().items():
        rows.append([f"**{GROUPS[tag]}**", ""])
        rows += [
            [f"[{each.address}](#{_anchor(each.address)})", each.operation["summary"]] for each in listed
        ]
    return markdown_table(["route", "what it does"], rows)


def routes_by_group() -> str:
    return "".join(
        f"\n### {GROUPS[tag]}\n\n{''.join(_section(route) for route in listed)}"
        for tag, listed in _grouped().items()
    )


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def types() -> str:
    """What answers are made of; bodies stand with their routes, unless others mention them."""
    wanted = sorted(_mentioned())
    return "\n" + "".join(_type(name) for name in wanted)


def rights() -> str:
    rows = [
        [
            f"`{right}`",
            *("yes" if right in BY_ROLE[role] else "" for role in reversed(ROLES)),
            *("yes" if right in BY_SCOPE[scope] else "" for scope in SCOPES),
        ]
        for right in get_args(Right)
        if right != "anyone"
    ]
    head = ["right", *reversed(ROLES), *(f"key: {scope}" for scope in SCOPES)]
    return markdown_table(head, rows)


def link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _section(route: Route) -> str:
    operation = route.operation
    lines = [f"#### {route.address}", f"{operation['summary']}."]
    needed = "none" if route.right == "anyone" else f"`{route.right}`"
    monitors = ", but for those whom the setting `metrics` lets in" if route.watched else ""
    lines.append(f"Right: {needed}{monitors}.{_older(route)}")
    if query := [each for each in operation.get("parameters", ()) if each["in"] == "query"]:
        rows = [
            [
                f"`{each['name']}`",
                words_of(each["schema"], link).removesuffix(", or null").removesuffix(", null"),
                "needed" if each.get("required") else _default(each["schema"]),
                each.get("description", ""),
            ]
            for each in query
        ]
        lines.append(markdown_table(["query", "type", "without it", "meaning"], rows).rstrip())
    lines += _body(operation)
    lines.append(f"Answers {', or '.join(_answers(operation))}.")
    return "\n\n".join(lines) + "\n\n"


def _older(route: Route) -> str:
    return f" Older address: {', '.join(f'`{each}`' for each in route.also)}." if route.also else ""


def _default(schema: Mapping[str, Any]) -> str:
    return f"`{str(schema['default']).lower()}`" if schema.get("default") not in {None, ""} else "—"


def _body(operation: Mapping[str, Any]) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, said in content.items():
        names = refs_in(said["schema"])
        if media_type != "application/json" or not names:
            yield f"The body is the file itself (`{media_type}` or its own type)."
            continue
        for name in sorted(names):
            schema = schemas()[name]
            yield " ".join(filter(None, ["The body:", sentence_of(name)]))
            yield table_of(name, schema, link, asked=not _is_answer(name)).rstrip()


def _is_answer(name: str) -> bool:
    return name == "Document"  # an export that comes back


def _answers(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, said in operation["responses"].items():
        if status.isdigit() and status != "422":
            kinds = [] if status == "204" else [_kind(*each) for each in said.get("content", {}).items()]
            yield f"`{status}` with {' or '.join(kinds) or 'nothing'}"


def _kind(media_type: str, body: Mapping[str, Any]) -> str:
    names = refs_in(body["schema"])
    if not names:
        return f"`{media_type}`"
    many = "a list of " if _is_list(body) else ""
    return many + link(next(iter(names)))


def _is_list(body: Mapping[str, Any]) -> bool:
    return bool(body["schema"].get("type") == "array")


def _mentioned() -> set[str]:
    """By answers, and by bodies for their parts."""
    names: set[str] = {"ErrorBody"}
    for route in routes():
        answers = {status: said for status, said in route.operation["responses"].items() if status.isdigit()}
        names |= refs_in(answers) - {"Error"}
        for body in refs_in(route.operation.get("requestBody", {})):
            names |= refs_in(schemas()[body])
    while more := set().union(*(refs_in(schemas()[name]) for name in names)) - names:
        names |= more
    return names


def _type(name: str) -> str:
    asked = name in {"LaneInput", "LaneChange", "LaneParameters", "JsonSchemaFormat"}
    parts = [f"#### {name}", sentence_of(name), table_of(name, schemas()[name], link, asked=asked).rstrip()]
    return "\n\n".join(filter(None, parts)) + "\n\n"
