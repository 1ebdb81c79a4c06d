"""HEAD wherever there is GET: the same answer without its body."""

from dataclasses import dataclass

from backend.kit.application import AsgiApp, AsgiMessage, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class HeadAsGet:
    app: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        answered = False

        async def send_start(message: AsgiMessage) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                scope["method"] = "HEAD"  # servers look here for how much body to expect
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        async def receive_until_answered() -> AsgiMessage:
            # What streams until its reader leaves has to learn that there is none.
            return {"type": "http.disconnect"} if answered else await receive()

        # The scope stays one object: the router leaves the route in it for the log.
        scope["method"] = "GET"
        await self.app(scope, receive_until_answered, send_start)
