"""Asks several models at once, and does with the answers whatever can be done."""

import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final

from soak.models import MODELS
from soak.person import Disturbed, Person
from soak.weather import AWAY
from soak.world import Posted, World

_LONGEST_TURN: Final = 60.0
_BUSY: Final = 409
_QUESTIONS: Final = (
    "What is the difference between a process and a thread?",
    "Explain CRDTs to somebody who knows databases. 🧮",
    "Warum ist der Himmel blau? Und warum abends rot?",
    "Write a function that merges two sorted lists, and test it.",
)


class Asker:
    def __init__(self, world: World, name: str, person: Person) -> None:
        self._world = world
        self._dice: Random = world.dice(name)
        self._name = name
        self._person = person
        self._number = 0

    async def round(self) -> None:
        """One comparison, from its first question to whatever becomes of it."""
        await self._calm()
        await self._person.keep_signed_in()
        posted = await self._ask()
        await self._until_over(posted)
        for _ in range(self._dice.randint(1, 4)):
            await self._calm()
            if self._world.over.is_set() or posted.trashed:
                return
            await self._dice.choice(self._deeds)(posted)
            await self._world.pause(self._dice.expovariate(1 / self._world.plan.attendance.pause))

    @property
    def _deeds(self) -> tuple[Callable[[Posted], Awaitable[None]], ...]:
        return (
            self._ask_again, self._ask_again, self._regenerate, self._stop_one, self._stop_all,
            self._choose, self._branch, self._change, self._trash, self._look_closely,
        )  # fmt: skip

    async def _calm(self) -> None:
        while self._world.weather.now("quiet") and not self._world.over.is_set():
            await self._world.pause(0.1)

    async def _ask(self) -> Posted:
        self._number += 1
        word = f"w{self._name}{self._number}x{self._dice.randrange(16**6):06x}"
        said = {
            "prompt": f"{self._dice.choice(_QUESTIONS)} {word}",
            "modelIds": self._models(self._dice.randint(1, 6)),
            "historyMode": self._dice.choice(("isolated", "shared")),
            "tags": self._dice.sample(("red", "green", "blue"), self._dice.randint(0, 2)),
        }
        made = await self._person.ask("POST", "/api/comparisons", said)
        posted = Posted(made.body["sessionId"], self._person, word, asked=True)
        self._world.post(posted)
        self._world.tally.did("comparisons")
        await self._turn(f"/api/comparisons/{posted.session_id}/start")
        return posted

    async def _turn(self, path: str, said: object = None) -> None:
        """In a busy comparison it may be refused, which is no finding."""
        heard = await self._person.ask("POST", path, said, status=(202, _BUSY))
        self._world.tally.did("turns" if heard.status == 202 else "turns refused as busy")

    def _models(self, count: int) -> list[str]:
        weights = [model.often for model in MODELS]
        return [model.id for model in self._dice.choices(MODELS, weights, k=count)]

    async def _look(self, posted: Posted) -> dict[str, Any]:
        heard = await self._person.ask("GET", f"/api/comparisons/{posted.session_id}")
        body: dict[str, Any] = heard.body
        return body

    async def _until_over(self, posted: Posted) -> dict[str, Any]:
        began = time.monotonic()
        while True:
            seen = await self._look(posted)
            if seen["status"] != "in_progress" or self._world.over.is_set():
                return seen
            if time.monotonic() - began > _LONGEST_TURN:
                if not self._world.weather.had(("pause", *AWAY), began):
                    self._world.tally.found(f"a turn takes over {_LONGEST_TURN:g} s", posted.session_id)
                raise Disturbed
            await self._world.pause(0.3)

    async def _ask_again(self, posted: Posted) -> None:
        seen = await self._look(posted)
        lanes = [lane["id"] for lane in seen["lanes"] if not lane["removed"]]
        said: dict[str, object] = {"prompt": self._dice.choice(_QUESTIONS)}
        if self._dice.random() < 0.3:
            said["laneIds"] = self._dice.sample(lanes, self._dice.randint(1, len(lanes)))
        await self._turn(f"/api/comparisons/{posted.session_id}/turns", said)
        await self._until_over(posted)

    async def _regenerate(self, posted: Posted) -> None:
        answer = self._some_answer(await self._look(posted))
        await self._turn(f"/api/comparisons/{posted.session_id}/responses/{answer['id']}/regenerate")
        if self._dice.random() < 0.7:
            await self._until_over(posted)

    async def _stop_one(self, posted: Posted) -> None:
        self._world.stopped.add(posted.session_id)
        await self._turn(f"/api/comparisons/{posted.session_id}/turns", {"prompt": _QUESTIONS[0]})
        await self._world.pause(self._dice.uniform(0, 1.0))
        seen = await self._look(posted)
        running = [
            each["id"]
            for each in seen["turns"][-1]["responses"]
            if each["status"] in {"pending", "streaming"}
        ]
        if running:
            path = f"/api/comparisons/{posted.session_id}/responses/{self._dice.choice(running)}/stop"
            stopped = await self._person.ask("POST", path)
            self._world.tally.did("answers stopped", len(stopped.body["responseIds"]))
        await self._until_over(posted)

    async def _stop_all(self, posted: Posted) -> None:
        self._world.stopped.add(posted.session_id)
        await self._turn(f"/api/comparisons/{posted.session_id}/turns", {"prompt": _QUESTIONS[1]})
        await self._world.pause(self._dice.uniform(0, 1.5))
        stopped = await self._person.ask("POST", f"/api/comparisons/{posted.session_id}/stop")
        self._world.tally.did("answers stopped", len(stopped.body["responseIds"]))
        await self._until_over(posted)

    async def _choose(self, posted: Posted) -> None:
        answer = self._some_answer(await self._look(posted))
        path = f"/api/comparisons/{posted.session_id}/turns/{answer['turnId']}/choose"
        heard = await self._person.ask("POST", path, {"responseId": answer["id"]}, status=(204, 409, 422))
        self._world.tally.did("choices" if heard.status == 204 else "choices refused")

    async def _branch(self, posted: Posted) -> None:
        seen = await self._until_over(posted)
        turn = self._dice.choice(seen["turns"])
        path = f"/api/comparisons/{posted.session_id}/branch"
        copied = await self._person.ask("POST", path, {"turnId": turn["id"]})
        branch = Posted(copied.body["sessionId"], self._person, posted.word)
        self._world.stopped.add(branch.session_id)  # it has the answers of the first one, stopped ones too
        self._world.post(branch)
        self._world.tally.did("branches")
        await self._ask_again(branch)

    async def _change(self, posted: Posted) -> None:
        said = {"title": f"{posted.word} {self._dice.randrange(1000)}", "tags": ["changed"]}
        heard = await self._person.ask("PATCH", f"/api/comparisons/{posted.session_id}", said)
        self._world.tally.did("changes" if heard.status == 200 else "changes refused")

    async def _trash(self, posted: Posted) -> None:
        posted.trashed = True
        self._world.stopped.add(posted.session_id)
        try:
            await self._person.ask("DELETE", f"/api/comparisons/{posted.session_id}", status=(204, 404))
        except Disturbed:  # nobody knows whether it was deleted
            return
        self._world.tally.did("deletions")
        if self._dice.random() < 0.6:
            await self._person.ask("POST", f"/api/comparisons/{posted.session_id}/restore")
            posted.trashed, posted.back_at = False, time.monotonic()
            self._world.tally.did("restorations")

    async def _look_closely(self, posted: Posted) -> None:
        answer = self._some_answer(await self._until_over(posted))
        await self._person.ask("GET", f"/api/comparisons/{posted.session_id}/responses/{answer['id']}/sent")
        await self._person.ask("GET", f"/api/comparisons/{posted.session_id}/replay")

    def _some_answer(self, seen: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._dice.choice(
            [each for turn in seen["turns"] for each in turn["responses"]]
        )
        return answer
