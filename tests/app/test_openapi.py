import json
import re
from typing import Any

import httpx2
import pytest

from backend.app import schema_document
from backend.settings import Settings

NOBODYS = "01a1fd60-cbca-74a0-96e0-e94c30fadaba"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def document(client: httpx2.Client) -> dict[str, Any]:
    result: dict[str, Any] = client.get("/schema/openapi.json").json()
    return result


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in document["paths"].values() for operation in item.values()]


def test_the_document_is_openapi_3_1(client: httpx2.Client, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert client.get("/schema").json() == document
    assert client.get("/schema").headers["content-type"].startswith("application/vnd.oai.openapi+json")


def test_every_operation_has_a_name_a_sentence_and_the_shape_of_its_errors(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document)]

    assert len(set(names)) == len(names)
    assert "detailedHealth" in names
    for operation in operations(document):
        assert len(operation["summary"].split()) > 2, operation
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}
        assert "400" not in operation["responses"]


def test_our_own_operations_have_tags(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        if "trial" not in path:
            assert all(operation["tags"] for operation in item.values())


def test_what_takes_input_says_that_it_may_be_invalid(document: dict[str, Any]) -> None:
    assert "422" in document["paths"]["/api/trial/plan"]["post"]["responses"]
    assert "422" in document["paths"]["/api/trial/items/{number}"]["get"]["responses"]
    assert "422" not in document["paths"]["/health"]["get"]["responses"]


def test_from_and_to_say_that_they_are_days_or_moments(document: dict[str, Any]) -> None:
    for path in ("/api/comparisons", "/comparison"):
        given = {each["name"]: each for each in document["paths"][path]["get"]["parameters"]}
        for name in ("from", "to"):
            assert "time zone" in given[name]["description"]
            choices = given[name]["schema"]["anyOf"]
            assert {choice["format"] for choice in choices} == {"date", "date-time"}


def test_options_names_the_methods_of_every_path_to_everybody(
    client: httpx2.Client, document: dict[str, Any]
) -> None:
    """Also where one has to be signed in: it is not told what is there, but what could be asked."""
    for path, item in document["paths"].items():
        real = re.sub(r"\{\w+\}", NOBODYS if "{number}" not in path else "1", path)
        answer = client.options(real)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == {
            "OPTIONS",
            *(method.upper() for method in item),
        }
    assert client.options("/api/nothing").status_code == 404


def test_a_real_error_has_the_documented_fields(client: httpx2.Client, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["ErrorBody"]
    body = client.post("/api/trial/plan", json={}).json()

    assert set(body) == set(schema["properties"])
    assert set(schema["required"]) == set(body) - {"details"}


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}

    assert references
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize(
    "path", ["/schema/swagger", "/schema/redoc", "/schema/openapi.yaml", "/schema/elements"]
)
def test_pages_that_would_load_from_other_peoples_servers_do_not_exist(
    client: httpx2.Client, path: str
) -> None:
    response = client.get(path, headers=BROWSER)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"


def test_a_browser_gets_the_reference_as_a_page(client: httpx2.Client) -> None:
    response = client.get("/schema", headers=BROWSER)

    assert response.headers["content-type"].startswith(("text/html", "text/plain"))


def test_the_file_is_the_same_bytes_whatever_the_settings_are() -> None:
    plain = schema_document(Settings.load({}))
    other = schema_document(Settings.load({"OPENAI_API_KEY": "k", "BAKEOFF_PORT": "1"}))

    assert plain == other
    assert plain.endswith(b"}\n")
    assert list(json.loads(plain)["paths"]) == sorted(json.loads(plain)["paths"])
