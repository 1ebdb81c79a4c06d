import msgspec
import pytest

from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound, body_of, code_of, unexpected


def encoded(error: AppError) -> dict[str, object]:
    result: dict[str, object] = msgspec.json.decode(msgspec.json.encode(body_of(error, "r1")))
    return result


def test_an_error_body_has_all_its_fields_and_no_empty_details() -> None:
    body = encoded(AppError("No.", status=409, code="taken"))

    assert set(body) == {"statusCode", "message", "error", "code", "timestamp", "requestId"}
    assert (body["statusCode"], body["error"], body["code"], body["requestId"]) == (
        409,
        "Conflict",
        "taken",
        "r1",
    )


def test_invalid_input_names_its_fields_in_message_and_details() -> None:
    body = encoded(Invalid([FieldProblem(field="lanes.0.modelId", message="It is required.")]))

    assert body["statusCode"] == 422
    assert "lanes.0.modelId" in str(body["message"])
    assert body["details"] == [{"field": "lanes.0.modelId", "message": "It is required."}]


def test_our_own_fault_says_nothing_about_itself() -> None:
    assert encoded(unexpected())["code"] == "internal_error"


def test_missing_is_not_found() -> None:
    assert encoded(NotFound())["statusCode"] == 404


@pytest.mark.parametrize(
    ("status", "code"),
    [(405, "method_not_allowed"), (413, "content_too_large"), (422, "unprocessable_content"), (599, "error")],
)
def test_the_code_of_a_status_is_the_same_on_every_python(status: int, code: str) -> None:
    assert code_of(status) == code
