"""The settings: usable, and not other than somebody may think."""

import ipaddress
from collections.abc import Callable
from typing import Final

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.settings import Settings


async def usable(patient: Patient) -> list[Finding]:
    if patient.problems:
        wrong = "set it right or remove it; below it is looked at as if it were not set"
        return [problem(" ".join(each.split()), wrong) for each in patient.problems]
    return [well(f"all can be used; data folder {patient.settings.data_dir.absolute()}")]


async def surprising(patient: Patient) -> list[Finding]:
    return [note(found, do) for applies, found, do in _SURPRISES if applies(patient.settings)]


def _reachable(settings: Settings) -> bool:
    """From other machines."""
    if settings.unix_socket is not None or settings.host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        return True


def _behind_tls(settings: Settings) -> bool:
    return settings.tls_certificate is not None or (settings.public_url or "").startswith("https:")


def _clear_text(settings: Settings) -> bool:
    return _reachable(settings) and not _behind_tls(settings)


def _proxy_not_believed(settings: Settings) -> bool:
    by_proxy = settings.tls_certificate is None and (settings.public_url or "").startswith("https:")
    return by_proxy and not settings.trusted_proxies


_SURPRISES: Final[tuple[tuple[Callable[[Settings], bool], str, str], ...]] = (
    (
        _clear_text,
        "other machines reach this server without TLS: passwords travel readable",
        "set tls_certificate and tls_key, or put a proxy with TLS before it and set public_url",
    ),
    (
        _proxy_not_believed,
        "public_url says that a proxy is in front, but none is believed: all visitors count as one address",
        "set trusted_proxies to the proxy's address",
    ),
    (
        lambda settings: settings.registration == "open" and _reachable(settings),
        "whoever reaches this server may make an account and spend",
        "set registration to invite, or set budgets",
    ),
    (
        lambda settings: settings.local_endpoints == "on" and settings.registration == "open",
        "anybody with an account may have this server call machines of your network",
        "set local_endpoints to off, or registration to invite",
    ),
    (
        lambda settings: settings.metrics == "open" and _reachable(settings),
        "whoever reaches this server may read /metrics and /health/detailed",
        "set metrics to local or admin",
    ),
    (
        lambda settings: "*" in settings.allowed_hosts,
        "every Host header is answered: a page elsewhere can pass for this server (DNS rebinding)",
        "name the hosts in allowed_hosts",
    ),
    (
        lambda settings: settings.oidc_issuer is not None and settings.public_url is None,
        "people come back from the OpenID provider to the address listened on",
        "set public_url to the address that browsers use",
    ),
    (
        lambda settings: settings.max_unused_attachment_bytes < settings.max_attachment_bytes,
        "an attachment of the largest size cannot be uploaded: max_unused_attachment_bytes is less",
        "raise max_unused_attachment_bytes",
    ),
    (
        lambda settings: settings.turns_at_once > settings.server_turns_at_once,
        "turns_at_once of one user is more than server_turns_at_once of everybody",
        "raise server_turns_at_once",
    ),
    (
        lambda settings: settings.port == 0 and settings.unix_socket is None,
        "each start takes another free port",
        "set port",
    ),
    (lambda settings: settings.log_level == "debug", "the log says a lot (debug)", "set log_level to info"),
)
