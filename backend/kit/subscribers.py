"""Who somebody is by the address they come from."""

import ipaddress
from functools import lru_cache
from typing import Final

_HOST_BITS: Final = 64


@lru_cache(maxsize=4096)
def subscriber(address: str) -> str:
    """An IPv4 address, or a /64 of IPv6, which one customer has at least, to change within at will. Empty for
    what is no address.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip) >> _HOST_BITS << _HOST_BITS, _HOST_BITS)))
