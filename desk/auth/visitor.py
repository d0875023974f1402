"""What a session remembers of where it was begun: kind of browser and network, no more."""

import ipaddress
from dataclasses import dataclass

from fastapi import Request

IPV4_PREFIX, IPV6_PREFIX = 24, 48
# The first that occurs counts: newer browsers name older ones too.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
    "python-httpx": "API",
    "curl/": "API",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody's browser and network."""

    device: str = ""
    """Such as `Firefox/Windows`; empty if unknown."""
    address: str = ""
    """Such as `192.0.2.0/24`; empty if unknown."""


NOBODY = Visitor()


def visitor_of(request: Request) -> Visitor:
    """Who sends the request, as coarse as it is kept."""
    host = request.client.host if request.client else ""
    return Visitor(
        device=device_of(request.headers.get("user-agent", "")), address=network_of(host)
    )


def device_of(user_agent: str) -> str:
    """Browser and system by their usual names; empty if neither is known."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return "/".join(part for part in (browser, system) if part)


def network_of(host: str) -> str:
    """The network of an address: 24 bits of IPv4, 48 of IPv6; empty if it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
