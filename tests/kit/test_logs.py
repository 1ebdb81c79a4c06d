import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from backend.kit.logs import configure_logs
from backend.kit.redaction import Redactor

CANARY = "hunter2-canary-hunter2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was_before() -> Iterator[None]:
    """Logging belongs to the whole process, so it is put back."""
    root = logging.getLogger()
    handlers, level, structured = root.handlers[:], root.level, structlog.get_config()
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    structlog.contextvars.clear_contextvars()
    structlog.configure(**structured)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().removesuffix("\n").split("\n") if line]


def fail(message: str) -> None:
    raise RuntimeError(message)


def json_logs(level: str = "info") -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level, "json", Redactor([CANARY]), stream)
    return stream


def test_an_event_is_one_line_of_json_with_what_is_bound_to_the_request() -> None:
    stream = json_logs()
    structlog.contextvars.bind_contextvars(request_id="r1")

    structlog.get_logger().info("turn.started", lanes=3)

    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "turn.started", "lanes": 3, "level": "info", "request_id": "r1"}


def test_the_standard_library_takes_the_same_way() -> None:
    stream = json_logs()
    structlog.contextvars.bind_contextvars(request_id="r1")

    logging.getLogger("granian").warning("worker %s says %s", 1, CANARY)

    (line,) = lines(stream)
    assert (line["event"], line["level"], line["logger"]) == ("worker 1 says ***", "warning", "granian")
    assert line["request_id"] == "r1"


def test_what_is_below_the_level_is_not_said() -> None:
    stream = json_logs("warning")

    structlog.get_logger().info("turn.started")
    logging.getLogger("litestar").info("something")

    assert stream.getvalue() == ""


def test_chatty_libraries_say_nothing_at_debug() -> None:
    stream = json_logs("debug")

    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT INTO user VALUES (...)")
    logging.getLogger("aiosqlite").debug("executing")
    logging.getLogger("httpx2").info("HTTP Request")

    assert stream.getvalue() == ""


def test_a_traceback_is_redacted_and_shows_no_variables() -> None:
    stream = json_logs()

    try:
        fail(f"failed with {CANARY}")
    except RuntimeError:
        structlog.get_logger().exception("lane.failed")
        logging.getLogger("asyncio").exception("Task exception")

    ours, theirs = lines(stream)
    for line in (ours, theirs):
        assert "RuntimeError: failed with ***" in line["exception"]
        assert "locals" not in line["exception"]


def test_a_line_break_in_a_value_cannot_begin_a_line_in_json() -> None:
    stream = json_logs()

    structlog.get_logger().info("x", path='/a\n{"event":"forged"}\r\u2028')

    assert len(lines(stream)) == 1


@pytest.mark.parametrize(
    "forged", ["/a\nforged", "/a\rforged", "/a\x1b[2Jforged", "/a\u2028forged", "/a\x85forged"]
)
def test_a_control_character_in_a_value_stays_inside_its_line_on_a_terminal(forged: str) -> None:
    stream = Terminal()
    configure_logs("info", "auto", Redactor(), stream)

    structlog.get_logger().info("request.done", path=forged)

    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_a_traceback_on_a_terminal_is_indented_so_that_it_cannot_pass_for_an_event() -> None:
    stream = Terminal()
    configure_logs("info", "pretty", Redactor([CANARY]), stream)

    try:
        fail(f"one\n12:00:00 INFO forged {CANARY}\x1b[2J")
    except RuntimeError:
        structlog.get_logger().exception("lane.failed")

    first, *rest = stream.getvalue().splitlines()
    assert "lane.failed" in first
    assert all(line.startswith("    ") for line in rest)
    assert "\x1b" not in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_auto_is_json_where_nobody_watches() -> None:
    stream = io.StringIO()
    configure_logs("info", "auto", Redactor(), stream)

    structlog.get_logger().info("x")

    assert lines(stream)[0]["event"] == "x"


def test_what_json_has_no_type_for_is_logged_as_text() -> None:
    stream = json_logs()

    structlog.get_logger().info("x", error=ValueError(CANARY), big=2**70, odd=float("nan"))

    assert lines(stream)[0]["error"] == "***"
