"""Addresses that a user should not get this server to connect to, and who would notice if he did."""

import asyncio
import socket
from collections.abc import Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

OUTSIDE = "8.8.8.8"


class Counting(AbstractResolver):
    """Answers from a table, one answer after the other, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answers = self._answers.get(host)
        if answers is None:
            raise OSError("no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Listener:
    """Counts who knocks, on every loopback address."""

    def __init__(self) -> None:
        self.port = 0
        self.knocks = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


# Names of the corpus and what they lead to.
NAMES = {
    "localhost": [["127.0.0.1", "::1"]],
    "app.localhost": [["127.0.0.1"]],
    "loop.evil.example": [["127.0.0.1"]],
    "loop6.evil.example": [["::1"]],
    "mixed.evil.example": [[OUTSIDE, "127.0.0.1"]],
    "mixed6.evil.example": [["2606:4700::1111", "::1"]],
    "mapped.evil.example": [["::ffff:127.0.0.1"]],
    "nat64.evil.example": [["64:ff9b::7f00:1"]],
    "sixtofour.evil.example": [["2002:7f00:1::1"]],
    "teredo.evil.example": [["2001:0:7f00:1::1"]],
    "zero.evil.example": [["0.0.0.0"]],
    "zero6.evil.example": [["::"]],
    "ten.evil.example": [["10.0.0.1"]],
    "home.evil.example": [["192.168.1.1"]],
    "office.evil.example": [["172.31.255.254"]],
    "carrier.evil.example": [["100.64.0.1"]],
    "ula.evil.example": [["fd12:3456::1"]],
    "link.evil.example": [["fe80::1"]],
    "scoped.evil.example": [["fe80::1%lo"]],
    "many.evil.example": [["224.0.0.1"]],
    "none.evil.example": [[]],
    "nonsense.evil.example": [["not an address"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "metadata.goog": [["169.254.169.254"]],
    "instance-data.ec2.internal": [["169.254.169.254"]],
    "127.0.0.1.nip.io": [["127.0.0.1"]],
    # What the system makes of these, should anybody ask it.
    "0x7f.1": [["127.0.0.1"]],
    "0x7f000001": [["127.0.0.1"]],
    "0xa9fea9fe": [["169.254.169.254"]],
    "0177.0.0.0x1": [["127.0.0.1"]],
    "localhost.": [["127.0.0.1"]],
}

# `{}` is the port of somebody who listens on this machine.
CORPUS = [
    # as names
    *(f"https://{name}:{{}}/v1" for name in NAMES),
    *(f"http://{name}:{{}}/v1" for name in ("localhost", "loop.evil.example", "metadata.google.internal")),
    "https://LocalHost:{}/v1",
    "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:{}/v1",
    "https://local\u00adhost:{}/v1",
    # as addresses
    "https://127.0.0.1:{}/v1",
    "http://127.0.0.1:{}/v1",
    "https://127.0.0.2:{}/v1",
    "https://127.255.255.254:{}/v1",
    "https://127.1:{}/v1",
    "https://127.0.1:{}/v1",
    "https://2130706433:{}/v1",
    "https://017700000001:{}/v1",
    "https://0177.0.0.1:{}/v1",
    "https://127.0.0.01:{}/v1",
    "https://127.0.0.1.:{}/v1",
    "https://0:{}/v1",
    "https://0.0.0.0:{}/v1",
    "https://\uff11\uff12\uff17.0.0.1:{}/v1",
    "https://127\u30020\u30020\u30021:{}/v1",
    "https://\u2460\u2461\u2466.0.0.1:{}/v1",
    "https://[::1]:{}/v1",
    "http://[::1]:{}/v1",
    "https://[::]:{}/v1",
    "https://[0:0:0:0:0:0:0:1]:{}/v1",
    "https://[::ffff:127.0.0.1]:{}/v1",
    "https://[::ffff:7f00:1]:{}/v1",
    "https://[::127.0.0.1]:{}/v1",
    "https://[::1%25lo]:{}/v1",
    "https://[64:ff9b::127.0.0.1]:{}/v1",
    "https://[64:ff9b:1::127.0.0.1]:{}/v1",
    "https://[2002:7f00:1::]:{}/v1",
    "https://[2001:0:7f00:1::]:{}/v1",
    "https://[2606:4700::5efe:7f00:1]:{}/v1",
    "https://[fe80::1]:{}/v1",
    "https://[fc00::1]:{}/v1",
    "https://[fec0::1]:{}/v1",
    "https://[ff02::1]:{}/v1",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://[::ffff:169.254.169.254]/latest/meta-data",
    "https://169.254.169.254/latest/meta-data",
    "http://169.254.169.254/latest/meta-data",
    "https://2852039166/latest/meta-data",
    "https://0xa9fea9fe/latest/meta-data",
    "https://169.254.170.2/v2/credentials",
    "https://100.100.100.200/latest/meta-data",
    "https://168.63.129.16/machine",
    "https://192.0.0.192/opc/v2/instance",
    "https://10.0.0.1/v1",
    "https://172.16.0.1/v1",
    "https://192.168.0.1/v1",
    "https://100.127.255.255/v1",
    "https://192.0.0.8/v1",
    "https://192.88.99.1/v1",
    "https://198.18.0.1/v1",
    "https://203.0.113.1/v1",
    "https://224.0.0.1/v1",
    "https://240.0.0.1/v1",
    "https://255.255.255.255/v1",
    # as tricks
    "https://8.8.8.8@127.0.0.1:{}/v1",
    "https://one.example:443@127.0.0.1:{}/v1",
    "https://127.0.0.1:{}#@one.example/v1",
    "https://127.0.0.1:{}?@one.example/v1",
    "https://127.0.0.1:{}\\@one.example/v1",
    "https://one.example\\@127.0.0.1:{}/v1",
    "https://%31%32%37.0.0.1:{}/v1",
    "https://localhost%00.one.example:{}/v1",
    "https://127.0.0.1:{}\r\nx: y/v1",
    "https://127.0.0.1\t:{}/v1",
    " https://127.0.0.1:{}/v1",
    "//127.0.0.1:{}/v1",
    "ws://127.0.0.1:{}/v1",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{}/v1",
    # to what is no model server's port
    "https://8.8.8.8:22/v1",
    "https://8.8.8.8:6379/v1",
    "http://8.8.8.8/v1",
]
