"""Watchers come and go with their position; who reloads the page comes without."""

from collections import OrderedDict

from soak.copy import Copy
from soak.people.listening import Gone, Listening
from soak.person import Person
from soak.room_socket import RoomSocket
from soak.world import Posted, World

_KEPT = 6  # copies of comparisons that one watcher may come back to


class Watcher:
    def __init__(self, world: World, name: str, *, forgets: bool = False) -> None:
        """`forgets`: it has no position, as a page that was reloaded."""
        self._world = world
        self._dice = world.dice(name)
        self._forgets = forgets
        self._copies: OrderedDict[str, Copy] = OrderedDict()

    def _somewhere(self) -> Posted:
        """Where it was before, where something is going on, or anywhere."""
        lately = list(self._world.lately)
        known = [posted for posted in lately if posted.session_id in self._copies]
        chance = self._dice.random()
        if known and chance < 0.4:
            return self._dice.choice(known)
        return self._dice.choice(lately[-5:] if chance < 0.8 else lately)

    async def round(self) -> None:
        if not self._world.lately:
            await self._world.pause(0.2)
            return
        posted = self._somewhere()
        assert isinstance(posted.owner, Person)
        copy = self._copies.pop(posted.session_id, None)
        if copy is None or self._forgets:
            copy = Copy(posted.session_id, self._world.delivered)
        try:
            async with RoomSocket(posted.owner) as socket:
                listening = Listening(posted.owner, socket, posted, copy)
                await listening.come_in()
                for _ in range(self._dice.randint(1, 3)):
                    await listening.listen(self._dice.uniform(0.1, 0.5 if self._forgets else 4.0))
                    if self._dice.random() < 0.5:
                        await listening.compare()
                if self._dice.random() < 0.3:
                    await socket.goodbye()
        except Gone:
            return
        finally:
            if copy.complete:
                self._copies[posted.session_id] = copy
                while len(self._copies) > _KEPT:
                    self._copies.popitem(last=False)
        await self._world.pause(self._dice.expovariate(1 / self._world.plan.attendance.pause))
