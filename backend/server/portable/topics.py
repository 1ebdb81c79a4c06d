"""Topics in plain Python: a publish is one call per reader."""

from collections import defaultdict

from backend.kit.sockets import Message
from backend.server.portable.socket import PortableSocket


class Topics:
    def __init__(self) -> None:
        self._readers: defaultdict[str, set[PortableSocket]] = defaultdict(set)

    def publish(self, topic: str, message: Message) -> None:
        for socket in tuple(self._readers.get(topic, ())):
            socket.send(message)

    def subscribe(self, socket: PortableSocket, topic: str) -> None:
        self._readers[topic].add(socket)

    def unsubscribe(self, socket: PortableSocket, topic: str) -> None:
        readers = self._readers.get(topic)
        if readers is None:
            return
        readers.discard(socket)
        if not readers:
            del self._readers[topic]

    def leave_all(self, socket: PortableSocket) -> None:
        for topic in [topic for topic, readers in self._readers.items() if socket in readers]:
            self.unsubscribe(socket, topic)
