"""Ask several models at once and watch them answer.

    python compare.py http://127.0.0.1:8000 "Explain CRDTs." simulator/swift simulator/sage

The API key is read from KEY. Needs Python 3.11 and the package websockets.
"""

import asyncio
import json
import os
import sys
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

KEY = os.environ["KEY"]
RUNNING = ("pending", "in_progress")


def post(address, body):
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def get(address):
    request = urllib.request.Request(address, headers={"authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Watcher:
    """The answers as far as they have come, and the position from which to go on."""

    def __init__(self, url, session_id):
        self.url, self.session_id = url, session_id
        self.position = {}
        self.texts = {}
        self.over = False

    def begin(self, comparison):
        """From a snapshot: everything up to here."""
        for response in comparison["turns"][-1]["responses"]:
            self.show(response["id"], response["modelId"], 0, response["text"])
        self.over = comparison["status"] not in RUNNING

    def show(self, response_id, model, offset, chunk):
        """Only what is new: a snapshot repeats what was shown before the connection was lost."""
        known = self.texts.get(response_id, "")
        # Offsets count UTF-16 code units, Python counts characters.
        end = len(known.encode("utf-16-le")) // 2
        new = chunk.encode("utf-16-le")[2 * (end - offset) :].decode("utf-16-le")
        self.texts[response_id] = known + new
        if new:
            print(f"{model}: {json.dumps(new)}", flush=True)

    def hear(self, said):
        match said["type"]:
            case "joined" if not said["recovered"]:
                self.position = {"epoch": said["epoch"], "after": said["seq"]}
                # A large snapshot is not sent over the socket.
                self.begin(said["snapshot"] or get(f"{self.url}/api/comparisons/{self.session_id}"))
            case "joined":
                pass  # What was missed follows, event by event: the position is still our own.
            case "model_chunk":
                self.show(said["responseId"], said["modelId"], said["offset"], said["chunk"])
            case "comparison_complete" | "comparison_error":
                self.over = True
            case "session_closed":
                raise SystemExit(f"put out of the room: {said['reason']}")
            case "error":
                raise SystemExit(f"{said['code']}: {said['message']}")
        if "seq" in said and said["type"] != "joined":
            self.position["after"] = said["seq"]

    async def watch(self):
        """Until the turn is over; comes back with the position when the connection is lost."""
        address = self.url.replace("http", "ws", 1) + "/ws"
        wait = 0.2
        while not self.over:
            try:
                async with connect(address, additional_headers={"authorization": f"Bearer {KEY}"}) as socket:
                    join = {"type": "join_session", "id": 1, "sessionId": self.session_id, **self.position}
                    await socket.send(json.dumps(join))
                    while not self.over:
                        self.hear(json.loads(await socket.recv()))
                        wait = 0.2
            except (ConnectionClosed, OSError):
                await asyncio.sleep(wait)
                wait = min(2 * wait, 5)


def main(url, prompt, *models):
    made = post(f"{url}/api/comparisons", {"prompt": prompt, "modelIds": models, "start": True})
    watcher = Watcher(url, made["sessionId"])
    asyncio.run(watcher.watch())
    comparison = get(f"{url}/api/comparisons/{made['sessionId']}")
    for response in comparison["turns"][-1]["responses"]:
        # None is "nobody knows" and never nothing.
        cost, first, took = (response[name] for name in ("cost", "timeToFirstTokenMs", "responseTimeMs"))
        print(
            f"{response['modelId']}: {response['status']}, {cost} dollars, first after {first} ms, {took} ms"
        )
    print(f"all: {comparison['totalTokens']} tokens, {comparison['totalCost']} dollars")


if __name__ == "__main__":
    main(*sys.argv[1:])
