"""One real room of a comparison, as a process on the server that is asked for. It publishes when told to.

`python -m benchmarks.served.room_program native|portable`
"""

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import uvloop

from backend.kit.application import Application, Receive, Scope, Send
from backend.kit.ids import new_id
from backend.kit.logs import configure_logs
from backend.kit.redaction import Redactor
from backend.kit.sockets import Accept, Socket, SocketRequest, SocketTransport
from backend.rooms.hub import Hub
from backend.rooms.members import Member
from backend.rooms.protocol import JoinSession, ModelChunk, TurnStarted
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Lane, LaneParameters, Response, Turn
from backend.server.address import Address
from backend.server.process import Plan, serve
from backend.serving import announce

WORD = "some words "
IN_ONE_GO = 32
EVERY = 0.002  # seconds, paced
BEHIND = 64 * 1024  # bytes that a reader may be behind while the room is flooded
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Endpoint:
    """Who asks to read is a member; who says `flood SECONDS` or `pace SECONDS` is told what that cost."""

    def __init__(self, transport: SocketTransport) -> None:
        self._answer = Answering()
        self._hub = Hub(transport, self._answer.load)
        self._readers: set[Socket] = set()

    async def admit(self, _request: SocketRequest) -> Accept:
        return Accept()

    async def run(self, socket: Socket) -> None:
        async with self._hub.holding(self._answer.session_id) as room:
            if not room.position.seq:
                room.publish(self._answer.turn)
            if socket.request.query == "read":
                await self._read(socket, room)
            else:
                await self._publish(socket, room)

    async def _read(self, socket: Socket, room: Room) -> None:
        member = Member(socket, new_id(), "Ada", lambda _session: None, lambda _session: None)
        self._readers.add(socket)
        room.join(member, JoinSession(session_id=room.session_id), "owner")
        socket.send("ready")
        async for _ in socket:
            pass
        self._readers.discard(socket)
        room.leave(member)

    async def _publish(self, socket: Socket, room: Room) -> None:
        socket.send("ready")
        async for message in socket:
            way, seconds = str(message).split()
            publish = {"flood": self._flood, "pace": self._pace}[way]
            began, cpu, seq = time.perf_counter(), time.process_time(), room.position.seq
            await publish(room, began + float(seconds))
            await self._everybody_has_caught_up(0)
            measured: dict[str, Any] = {
                "events": room.position.seq - seq,
                "cpu": time.process_time() - cpu,
                "seconds": time.perf_counter() - began,
            }
            socket.send(msgspec.json.encode(measured).decode())

    async def _flood(self, room: Room, until: float) -> None:
        while time.perf_counter() < until:
            for _ in range(IN_ONE_GO):
                room.publish(self._answer.chunk())
            await asyncio.sleep(0)
            await self._everybody_has_caught_up(BEHIND)

    async def _pace(self, room: Room, until: float) -> None:
        while time.perf_counter() < until:
            room.publish(self._answer.chunk())
            await asyncio.sleep(EVERY)

    async def _everybody_has_caught_up(self, behind: int) -> None:
        while any(socket.buffered > behind for socket in self._readers):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


class Answering:
    """A comparison with one answer that never ends."""

    def __init__(self) -> None:
        self.session_id = new_id()
        self._length = 0
        lane = Lane(
            id=new_id(),
            model_id="house/model",
            label="",
            system_prompt="",
            parameters=LaneParameters(),
            fallback_model_ids=(),
        )
        turn_id = new_id()
        self._response = Response(
            id=new_id(),
            turn_id=turn_id,
            lane_id=lane.id,
            model_id=lane.model_id,
            attempt=1,
            status="streaming",
            created_at=NOW,
        )
        turn = Turn(
            id=turn_id,
            number=1,
            prompt="Why?",
            history_mode="isolated",
            asked_by="Ada",
            created_at=NOW,
            started=True,
            responses=(self._response,),
        )
        self.turn = TurnStarted(session_id=self.session_id, turn=turn)
        self._comparison = Comparison(
            session_id=self.session_id,
            title="",
            prompt="Why?",
            models=(lane.model_id,),
            history_mode="isolated",
            lanes=(lane,),
            owner_id=new_id(),
            created_at=NOW,
            updated_at=NOW,
            status="in_progress",
        )

    async def load(self, _session_id: UUID) -> Comparison:
        return self._comparison

    def chunk(self) -> ModelChunk:
        offset = self._length
        self._length += len(WORD)
        return ModelChunk(
            session_id=self.session_id,
            response_id=self._response.id,
            lane_id=self._response.lane_id,
            model_id=self._response.model_id,
            offset=offset,
            chunk=WORD,
            timestamp=NOW,
        )


async def _lifespan_alone(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})


def main() -> None:
    configure_logs("warning", "json", Redactor(()))
    plan = Plan(Address(port=0), sys.argv[1])  # type: ignore[arg-type]
    uvloop.run(serve(plan, lambda server: Application(_lifespan_alone, {"/ws": Endpoint(server)}), announce))


if __name__ == "__main__":
    main()
