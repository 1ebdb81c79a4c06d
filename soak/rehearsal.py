"""Everything once, in peace: what is loaded or opened when first needed is there before anything counts."""

from soak.copy import Copy
from soak.models import MODELS
from soak.people.history_reader import GROUPS
from soak.people.listening import Listening
from soak.person import Person
from soak.room_socket import RoomSocket
from soak.world import Posted, World

_CALM = tuple(model.id for model in MODELS[:4])


async def rehearse(world: World, owner: Person) -> None:
    said = {"prompt": "Is everybody here?", "modelIds": _CALM, "start": True}
    made = await owner.ask("POST", "/api/comparisons", said)
    posted = Posted(made.body["sessionId"], owner, "")
    async with RoomSocket(owner) as socket:
        listening = Listening(owner, socket, posted, Copy(posted.session_id, world.delivered))
        await listening.come_in()
        while listening.copy.running:
            await listening.listen(0.2)
        await listening.compare()
        await socket.goodbye()
    for group in GROUPS:
        await owner.ask("GET", f"/api/reports/costs?group={group}")
    for path in ("/api/reports/latency", "/api/models", "/api/comparisons?q=everybody", "/health/detailed"):
        await owner.ask("GET", path)
    for form in ("json", "markdown", "csv", "html"):
        await owner.ask("GET", f"/api/comparisons/{posted.session_id}/export?format={form}")
    await owner.ask("POST", "/api/comparisons/estimate", {"prompt": "And what if?", "modelIds": _CALM})
