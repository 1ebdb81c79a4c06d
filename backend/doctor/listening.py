"""What serves: which server would be taken and why, where it would listen, how many sockets it may hold."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.doctor.presence import who_answers
from backend.kit import clock
from backend.server import address as addresses
from backend.server.address import Address, CannotListenError
from backend.server.process import decide
from backend.serving import plan_of

_SOCKETS: Final = 1000
_OTHER_FILES: Final = 200
_SOON: Final = timedelta(days=14)


async def chosen(patient: Patient) -> list[Finding]:
    try:
        library, reason = decide(plan_of(patient.settings))
    except CannotListenError as error:
        return [problem(str(error), "set server to auto")]
    name = "portable" if library is None else "native"
    return [well(f"the {name} server would be taken: {reason}")]


async def port(patient: Patient) -> list[Finding]:
    settings = patient.settings
    address = plan_of(settings).address
    where = str(settings.unix_socket) if settings.unix_socket else f"port {settings.port} on {settings.host}"
    if settings.port == 0 and not settings.unix_socket:
        return [well("a free port would be taken")]
    answering = await who_answers(settings)
    if answering.who == "bakeoff":
        return [well(f"a Bakeoff {answering.version} answers at {where}".replace("  ", " "))]
    if answering.who == "stranger":
        return [problem(f"another program holds {where}", "stop it, or choose another with --port")]
    return [_can_listen(address, where)]


async def certificate(patient: Patient) -> list[Finding]:
    address = plan_of(patient.settings).address
    if address.tls is None:
        return []
    try:
        addresses.check(replace(address, unix_socket=None, port=0))
    except CannotListenError as error:
        return [problem(str(error), "set tls_certificate and tls_key right")]
    ends = x509.load_pem_x509_certificate(address.tls.certificate.read_bytes()).not_valid_after_utc
    found = f"the TLS certificate is good until {ends:%Y-%m-%d %H:%M} UTC"
    if ends < clock.now():
        return [problem(f"the TLS certificate has run out at {ends:%Y-%m-%d %H:%M} UTC", "renew it")]
    return [note(found, "renew it")] if ends < clock.now() + _SOON else [well(found)]


async def open_files(_patient: Patient) -> list[Finding]:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return []
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < _SOCKETS + _OTHER_FILES:
        do = f"raise it: ulimit -Hn {4 * _SOCKETS}, or LimitNOFILE={4 * _SOCKETS} in the service"
        return [problem(f"at most {most} open files: too few for {_SOCKETS} sockets", do)]
    return [well(f"{'any number of' if most == resource.RLIM_INFINITY else most} open files are allowed")]


def _can_listen(address: Address, where: str) -> Finding:
    if address.unix_socket is not None:
        return _can_make(address.unix_socket)
    try:
        addresses.check(replace(address, tls=None))
    except CannotListenError as error:
        return problem(str(error), "set host and port right, or stop what holds them")
    return well(f"{where} is free: no server runs there")


def _can_make(path: Path) -> Finding:
    if path.exists() and not path.is_socket():
        return problem(f"{path} exists and is not a socket", "move it away, or set unix_socket")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return problem(f"{path.parent} is not there or not writable", "make it, or set unix_socket")
    return well(f"nobody listens at {path}")
