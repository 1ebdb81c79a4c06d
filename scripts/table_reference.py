"""Tables of what has no route of its own: tables of bakeoff.toml, the body that webhooks get, metrics."""

from collections.abc import Mapping

import msgspec

from backend.catalogue import overrides
from backend.catalogue.facts import Facts
from backend.kit.metrics import Metrics
from backend.kit.version import version
from backend.usage.alerts import AlertBody
from scripts.schema_words import markdown_table, table_of, words_of
from scripts.wire_notes import notes_of

_KINDS = {"PriceTable": "prices", "ImageTokens": "table", "_ClocksTable": "table"}

# In the code their names say enough, to who knows the code.
_OF_ENDPOINTS: Mapping[str, str] = {
    "name": "needed; the first part of the names of its models",
    "base_url": "needed; where it is, with the path before `/chat/completions` or `/messages`",
    "display_name": "how the page calls it",
    "key": "its key, where a file is the place for it",
    "key_variable": "the variable that holds its key",
    "needs_key": "usually true when one of the two is given",
    "sdk": "whose API it speaks",
    "dialect": "of OpenAI's API `chat` or `responses`, of Anthropic's `messages`; usually the first",
    "discovers": "its models are asked for; usually when `models` is empty",
    "prices": "its name in the price list, when its models are in it",
    "refuses": "parameters that none of its models takes; they are not sent",
    "max_tokens_field": "how it calls the longest output",
    "seed_field": "how it calls the seed",
    "effort_field": "where it wants the reasoning effort",
    "stream_options": "false: it refuses `stream_options.include_usage`",
    "extra_body": "is added to every body",
    "headers": "are added to every request",
    "clocks": "how long a call may take",
    "models": "what it has",
}
_OF_MODELS: Mapping[str, str] = {
    "display_name": "how the page calls it",
    "kind": "what it is asked for",
    "deprecated": "is shown as such",
    "dialect": "another one than its endpoint's",
    "context_window": "tokens of prompt and answer together",
    "max_output_tokens": "the longest answer",
    "inputs": "what it takes beside text",
    "reasoning": "it thinks before it answers",
    "efforts": "how hard it can be told to think",
    "thinking": "how Anthropic's models are told to",
    "refuses": "parameters that it does not take; they are not sent",
    "price": "dollars per million tokens: `input`, `output`, `cache_read` and the other buckets",
    "tokenizer": "what counts its tokens before a call",
    "images": "what an image counts for",
    "pdf_page_tokens": "what a page of a PDF counts for",
}


def endpoints() -> str:
    return _of_the_file(overrides._EndpointTable, _OF_ENDPOINTS)  # noqa: SLF001 - its name matters to nobody else


def models() -> str:
    return _of_the_file(Facts, _OF_MODELS)


def webhook() -> str:
    _, parts = msgspec.json.schema_components([AlertBody])
    return table_of("AlertBody", parts["AlertBody"], _kind, asked=False)


def metrics() -> str:
    rows = []
    registry = Metrics.declare(version()).registry
    for collector in registry._collector_to_names:  # noqa: SLF001 - who is there it tells nobody
        labels = getattr(collector, "_labelnames", getattr(collector, "_labels", ()))
        rows += [
            [f"`{_exposed(family.name, family.type)}`", family.type, ", ".join(labels), family.documentation]
            for family in collector.collect()
            if family.name.startswith("bakeoff_")
        ]
    return markdown_table(["metric", "type", "labels", "meaning"], sorted(rows))


def _exposed(name: str, kind: str) -> str:
    return f"{name}{ {'counter': '_total', 'info': '_info'}.get(kind, '') }"


def _of_the_file(struct: type[msgspec.Struct], meanings: Mapping[str, str]) -> str:
    """A field without a meaning here or in the code has to be given one."""
    _, parts = msgspec.json.schema_components([struct])
    notes = notes_of(struct.__name__)
    return markdown_table(
        ["key", "type", "meaning"],
        [
            [
                f"`{key}`",
                words_of(parts[struct.__name__]["properties"][key], _kind).removesuffix(", or null"),
                said,
            ]
            for key in struct.__struct_encode_fields__
            for said in [meanings.get(key) or notes[key]]
        ],
    )


def _kind(name: str) -> str:
    return _KINDS.get(name, name)
