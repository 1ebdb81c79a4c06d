"""Signs in, stays signed in, signs out."""

from soak.person import Person
from soak.world import World


class Refresher:
    def __init__(self, world: World, name: str, person: Person) -> None:
        self._world = world
        self._dice = world.dice(name)
        self._person = person

    async def round(self) -> None:
        await self._person.sign_in()
        for _ in range(self._dice.randint(1, 4)):
            await self._world.pause(self._dice.uniform(0.1, 1.0))
            await self._person.refresh()
            me = await self._person.ask("GET", "/auth/me")
            if me.body["email"] != self._person.email:
                self._world.tally.found("somebody was taken for another one", me.body)
            self._world.tally.did("refreshes")
        await self._person.ask("GET", "/auth/devices")
        await self._person.ask("POST", "/auth/logout", {})
        self._world.tally.did("visits with signing in and out")
