"""Refuses every address and every name but loopback, in the whole process, from `install` to its end.

Python's own sockets report to an audit hook. uvloop connects and resolves in C: its loop gets a fence.
A name given to a plain `connect` is looked up before it is reported, then refused. Not seen at all: datagrams
of uvloop from a socket that it was handed, an interpreter that ignores its path, other programs.
"""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from ipaddress import IPv6Address, ip_address
from socket import AF_INET, AF_INET6, socket
from types import ModuleType
from typing import Any


class OnlyLoopbackError(RuntimeError):
    """No OSError: code that copes with an unreachable server must not cope with this."""


def install() -> None:
    sys.addaudithook(_audit)
    if "uvloop" in sys.modules:
        _fence(sys.modules["uvloop"])
    else:
        sys.meta_path.insert(0, _FenceUvloopOnImport())


def refuse_address(address: Any) -> None:
    """What a socket is connected or sent to; None where it already is connected."""
    if address is not None:
        host, port = address[:2]
        if not _is_here(_text(host)):
            raise OnlyLoopbackError(f"tests reach loopback only, not {_text(host)}:{port}")


def refuse_name(host: Any) -> None:
    """What is to be resolved. An address needs no resolver, and is judged when something connects to it."""
    name = _text(host)
    if not _is_here(name) and _literal(name) is None:
        raise OnlyLoopbackError(f"tests reach loopback only: {name} is not looked up")


def _is_here(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    literal = _literal(host)
    if isinstance(literal, IPv6Address):
        literal = literal.ipv4_mapped or literal
    return literal is not None and (literal.is_loopback or literal.is_unspecified)


def _literal(host: str) -> Any:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _text(host: Any) -> str:
    return host.decode() if isinstance(host, bytes | bytearray) else host or ""


def _of_sending(sending: socket, address: Any) -> None:
    if sending.family in {AF_INET, AF_INET6}:
        refuse_address(address)


def _of_connecting(connecting: socket, address: Any) -> None:
    try:
        _of_sending(connecting, address)
    except OnlyLoopbackError:
        connecting.close()  # many a caller does so for an OSError only
        raise


def _of_resolver(host: Any, *_: object) -> None:
    refuse_name(host)


_EVENTS: dict[str, Callable[..., None]] = {
    "socket.connect": _of_connecting,
    "socket.sendto": _of_sending,
    "socket.sendmsg": _of_sending,
    "socket.getaddrinfo": _of_resolver,
    "socket.gethostbyname": _of_resolver,
}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    check = _EVENTS.get(event)
    if check is not None:
        check(*arguments)


def _fence(uvloop: ModuleType) -> None:
    class Loop(uvloop.Loop):
        """uvloop's own, with the checks that the audit hook cannot make."""

        async def create_connection(self, factory, host=None, port=None, **options):
            if host is not None:
                refuse_address((host, port))
            return await super().create_connection(factory, host, port, **options)

        async def getaddrinfo(self, host, port, **options):
            refuse_name(host)
            return await super().getaddrinfo(host, port, **options)

        async def create_datagram_endpoint(self, factory, local_addr=None, remote_addr=None, **options):
            # Where a datagram goes is said in C alone, but from a socket bound to loopback none gets out.
            if options.get("sock") is None:
                refuse_address(remote_addr or local_addr or ("anywhere", 0))
            return await super().create_datagram_endpoint(factory, local_addr, remote_addr, **options)

    uvloop.Loop = Loop


class _FenceUvloopOnImport:
    """Importing it only for this would cost every process of every test its start."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "uvloop":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_fence(module: ModuleType) -> None:
            execute(module)
            _fence(module)

        spec.loader.exec_module = execute_and_fence
        return spec
