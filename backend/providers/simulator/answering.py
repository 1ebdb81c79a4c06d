"""A request that wants an answer: what it may ask, which faults meet it, what it is sent. Knows no routes."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from backend.providers.simulator import embeddings, messages_request
from backend.providers.simulator.ask import Ask
from backend.providers.simulator.bodies import at, decode
from backend.providers.simulator.cast import BY_NAME, EMBEDDER_BY_NAME, Character
from backend.providers.simulator.delivery import Delivery
from backend.providers.simulator.faults import Break, Faults, parse
from backend.providers.simulator.formats import Vendor, WireFormat
from backend.providers.simulator.prompt_cache import PromptCache, size
from backend.providers.simulator.refusals import Reason, Refused
from backend.providers.simulator.script import seed_of, write
from backend.providers.simulator.staging import Tempo, ending, streamed, whole
from backend.providers.simulator.stats import Stats
from backend.providers.simulator.temper import tempered
from backend.providers.simulator.voice import to_json

_HTML: Final = (
    "<!DOCTYPE html>\n<html><head><title>Simulated gateway</title></head><body>A page.</body></html>\n"
)
_REMEMBERED: Final = 10_000
_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request with its body."""

    request: web.BaseRequest
    body: bytes
    vendor: Vendor
    headers: Mapping[str, str]  # that go into every answer
    credential: str
    delivery: Delivery

    @property
    def controls(self) -> str:
        return self.request.headers.get("x-simulate", "")


@dataclass(slots=True)
class Answering:
    stats: Stats
    _cache: PromptCache = field(default_factory=PromptCache)
    _met: OrderedDict[tuple[str, ...], int] = field(default_factory=OrderedDict)

    async def prompt(self, visit: Visit, wire: WireFormat) -> web.StreamResponse:
        ask, make_voice = wire.question(visit.body, visit.request.headers)
        character, faults = _character(ask.model, visit.controls)
        seed = seed_of(character, ask, faults)
        faults = self._counted(visit, ask.model, tempered(character, faults, seed), seed)
        if page := await _before(visit, ask.model, faults):
            return page
        total = size(ask)
        _check(ask, wire, character, total)
        owner = f"{visit.vendor} {visit.credential} {character.name}"
        script = write(character, ask, faults, self._cache.serve(ask, owner, total))
        voice = make_voice(script, tells_usage=faults.usage)
        tempo = Tempo.of(character.pacing, faults, script.seed)
        delivery = visit.delivery
        if ask.stream:
            response = _response(visit, "text/event-stream; charset=utf-8")
            frames = streamed(script, voice, faults.breakage)
            writer = await delivery.stream(response, frames, tempo)
        else:
            await asyncio.sleep(tempo.total(len(script.pieces)))
            if faults.breakage and faults.breakage.kind is Break.ERROR:
                raise Refused(Reason.FAILED)
            response = _response(visit, "application/json")
            writer = await delivery.whole(response, whole(voice, faults.breakage))
        await delivery.end(response, writer, ending(faults.breakage), voice.ping())
        return response

    async def embed(self, visit: Visit) -> web.StreamResponse:
        request = decode(visit.body, embeddings.Request)
        name, faults = parse(request.model, visit.controls)
        embedder = EMBEDDER_BY_NAME.get(name)
        if embedder is None:
            raise Refused(Reason.UNKNOWN_MODEL, model=request.model)
        faults = self._counted(visit, request.model, faults, b"")
        if page := await _before(visit, request.model, faults):
            return page
        body = embeddings.answer(request, embedder)
        await asyncio.sleep(faults.ttft or 0)
        return _whole(visit, body)

    async def count_tokens(self, visit: Visit) -> web.StreamResponse:
        ask = messages_request.read_prompt(visit.body, visit.request.headers)
        _, faults = _character(ask.model, visit.controls)
        if page := await _before(visit, ask.model, faults):
            return page
        return _whole(visit, to_json({"input_tokens": size(ask)}))

    def _counted(self, visit: Visit, model: str, faults: Faults, seed: bytes) -> Faults:
        """The faults, as long as not more requests have met them than should."""
        if faults.first is None:
            return faults
        # One that has a fault of its own has it for each prompt; one by name has it for the name.
        own = seed.hex() if parse(model, visit.controls)[1].first is None else ""
        key = (model, visit.controls, visit.credential, own)
        self._met[key] = met = self._met.pop(key, 0) + 1
        while len(self._met) > _REMEMBERED:
            self._met.popitem(last=False)
        return faults if met <= faults.first else faults.past()


async def _before(visit: Visit, model: str, faults: Faults) -> web.Response | None:
    """The faults that come before any answer."""
    if faults.hang:
        await asyncio.get_running_loop().create_future()
    await asyncio.sleep(faults.slow_headers)
    if faults.refusal:
        details = {"model": model, "masked": masked(visit.credential)}
        raise Refused(faults.refusal.reason, headers=faults.refusal.headers(), **details)
    if faults.html:
        return web.Response(text=_HTML, content_type="text/html", headers=dict(visit.headers))
    return None


def masked(credential: str) -> str:
    """As vendors show a key that they refuse: enough to recognise it by."""
    return f"{credential[:7]}{'*' * 8}{credential[-4:]}" if len(credential) > 16 else "*" * 8


def _character(model: str, controls: str) -> tuple[Character, Faults]:
    name, faults = parse(model, controls)
    if name not in BY_NAME:
        raise Refused(Reason.UNKNOWN_MODEL, model=model)
    return BY_NAME[name], faults


def _check(ask: Ask, wire: WireFormat, character: Character, total: int) -> None:
    refused = wire.refused_by_reasoning if character.reasoning else wire.refused_by_others
    for parameter, instead in refused.items():
        if parameter in ask.given:
            raise Refused(Reason.UNSUPPORTED, instead=instead, **at(parameter))
    if not character.images and any(part.image for part in ask.parts):
        raise Refused(Reason.NO_IMAGES, **at(wire.prompt))
    if total > character.context_window:
        raise Refused(Reason.TOO_LONG, limit=character.context_window, tokens=total, **at(wire.prompt))
    if ask.max_tokens is not None and ask.max_tokens > character.max_output_tokens:
        parameter = next((name for name in _LIMITS if name in ask.given), _LIMITS[0])
        raise Refused(
            Reason.TOO_MANY_TOKENS,
            limit=character.max_output_tokens,
            tokens=ask.max_tokens,
            model=ask.model,
            **at(parameter),
        )


def _response(visit: Visit, content_type: str) -> web.StreamResponse:
    headers = {**visit.headers, "content-type": content_type, "cache-control": "no-cache"}
    return web.StreamResponse(headers=headers)


def _whole(visit: Visit, body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers=dict(visit.headers))
