"""Where a server listens, and why it cannot, in one clear line."""

import errno
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path


class CannotListenError(Exception):
    """The address or the certificate is not usable; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Tls:
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Address:
    host: str = "127.0.0.1"
    port: int = 8000
    unix_socket: Path | None = None
    tls: Tls | None = None

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    def url(self, port: int) -> str:
        if self.unix_socket:
            return f"unix:{self.unix_socket}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{port}"


def check(address: Address) -> None:
    """Fail now, with the reason: the servers themselves only say that they could not."""
    if address.tls:
        _check_certificate(address.tls)
    if address.unix_socket:
        _check_unix_socket(address.unix_socket)
    else:
        _check_port(address.host, address.port)


def _check_certificate(tls: Tls) -> None:
    for name, path in (("certificate", tls.certificate), ("key", tls.key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise CannotListenError(f"cannot read the TLS {name} {path}: {error.strerror}") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key)
    except (ssl.SSLError, ValueError) as error:
        raise CannotListenError(
            f"the TLS certificate {tls.certificate} and key {tls.key} do not work: {error}"
        ) from error


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise CannotListenError(f"cannot resolve the host {host!r}: {error.strerror}") from error
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # on Windows the option would let two servers share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(target)
            probe.listen(1)
        except OSError as error:
            raise CannotListenError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use by another program; stop it or choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs privileges that this user does not have"
    return f"cannot listen on {host} port {port}: {error.strerror}"


def _check_unix_socket(path: Path) -> None:
    """A socket file that nobody answers on is left over from a killed server and is removed."""
    if not path.parent.is_dir():
        raise CannotListenError(f"cannot listen on {path}: its directory does not exist")
    if not os.access(path.parent, os.W_OK):
        raise CannotListenError(f"cannot listen on {path}: its directory is not writable")
    if not path.exists():
        return
    if not path.is_socket():
        raise CannotListenError(f"cannot listen on {path}: it exists and is not a socket")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise CannotListenError(f"the Unix socket {path} is in use by another program")
