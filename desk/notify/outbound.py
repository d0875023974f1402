"""HTTP calls to addresses that people typed in: never into our own network, never on.

The host is looked up once, every address it has is checked, and the connection goes to
the address that was checked, so that a name cannot point elsewhere a moment later.
Redirects are not followed and no proxy of the environment is used.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx

from desk.notify.errors import DeliveryError

MAX_ANSWER = 64 * 1024
CONNECT_SECONDS = 5.0
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said."""

    status: int
    headers: Mapping[str, str]
    text: str
    """At most `MAX_ANSWER` bytes of it."""


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Checks certificates against the system's authorities and those of `ca_file`."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def is_public(text: str) -> bool:
    """Whether the address is one of the Internet, and not of a host or network of ours."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif address.sixtofour is not None:
            address = address.sixtofour
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def look_up(host: str, port: int) -> Sequence[str]:
    """Every address of the host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """Sends one request and gives the answer, whatever its status."""

    def __init__(
        self,
        *,
        timeout_seconds: float,
        allow_private: bool = False,
        ca_file: Path | None = None,
        resolve: Resolve = look_up,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._allow_private = allow_private
        self._ca_file = ca_file
        self._resolve = resolve

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Reading the authorities takes a while, so it is done once."""
        return tls_context(self._ca_file)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        """Send the request.

        Raises:
            DeliveryError: The address is not allowed, or no answer came in time.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._send(method, url, headers, content)
        except TimeoutError as exc:
            raise DeliveryError(f"no answer within {self._timeout_seconds:g} seconds") from exc
        except httpx.HTTPError as exc:
            raise DeliveryError(f"the connection failed ({type(exc).__name__})") from exc

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        target = self._parse(url)
        host = target.raw_host.decode("ascii")
        port = target.port or (443 if target.scheme == "https" else 80)
        address = await self._checked_address(host, port)
        timeout = httpx.Timeout(self._timeout_seconds, connect=CONNECT_SECONDS)
        async with httpx.AsyncClient(verify=self._tls, timeout=timeout, trust_env=False) as client:
            request = client.build_request(
                method,
                target.copy_with(host=address),
                headers={**headers, "Host": target.netloc.decode("ascii")},
                content=content,
                extensions={"sni_hostname": host},
            )
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                text = await _read(response)
            finally:
                await response.aclose()
        return Answer(status=response.status_code, headers=response.headers, text=text)

    def _parse(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as exc:
            raise DeliveryError("the address is no URL", permanent=True) from exc
        schemes = {"https", "http"} if self._allow_private else {"https"}
        if target.scheme not in schemes or not target.host or target.userinfo:
            raise DeliveryError(
                "the address must begin with https:// and hold no password", permanent=True
            )
        return target

    async def _checked_address(self, host: str, port: int) -> str:
        try:
            addresses = await self._resolve(host, port)
        except OSError as exc:
            raise DeliveryError("the host name is not known") from exc
        if not addresses:
            raise DeliveryError("the host name has no address")
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise DeliveryError(
                "the address lies in a private network; JINJIBU_NOTIFY_ALLOW_PRIVATE=true"
                " would allow that",
                permanent=True,
            )
        return addresses[0]


async def _read(response: httpx.Response) -> str:
    taken = b""
    async for chunk in response.aiter_bytes():
        taken += chunk
        if len(taken) >= MAX_ANSWER:
            break
    return taken[:MAX_ANSWER].decode("utf-8", errors="replace")
