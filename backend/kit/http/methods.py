"""The answer to OPTIONS. Litestar's own names the methods of the handler that was registered first."""

from typing import Any

from litestar import Litestar, Request, Response


def methods_of(request: Request[Any, Any, Any]) -> Response[None]:
    app, path = request.app, request.scope["path_template"]
    allow = ", ".join(sorted(_by_path(app).get(path, {"OPTIONS"})))
    return Response(None, status_code=204, headers={"allow": allow})


def _by_path(app: Litestar) -> dict[str, set[str]]:
    """Collected when it is first asked for."""
    if "methods_by_path" not in app.state:
        found: dict[str, set[str]] = {}
        for route in app.routes:
            found.setdefault(route.path_format, set()).update(getattr(route, "methods", ()))
        app.state.methods_by_path = found
    known: dict[str, set[str]] = app.state.methods_by_path
    return known
