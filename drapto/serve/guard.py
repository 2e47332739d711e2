"""Who may ask for what: the checks that each request passes before anything is done for it.

A browser sends requests for any page that it shows. So a page of a stranger's could ask this server to start
or to stop work, and, where it has its own name point to this machine (DNS rebinding), read the answers, too:

- the ``Host`` that is asked must be one of this server's, which a stranger's name is not;
- what changes something must come from a page of this server's, by what the browser says of its origin, and
  carry a header that no form can send;
- who is not on this machine must know the token.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Protocol
from urllib.parse import urlsplit

COOKIE = "drapto"
HEADER = "X-Drapto"
"""What every request that changes something has: a browser lets another's page send it only if this server
agreed beforehand, which it never does."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Headers(Protocol):
    """What a request says of itself, whatever the case of the names."""

    def get(self, name: str, /) -> str | None:
        """Return a header; None where it is not there."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: the HTTP status, and a line."""

    status: int
    reason: str


@dataclass(frozen=True)
class Guard:
    """What a server lets through.

    Attributes:
        host: What it listens on, as it was asked for.
        token: What everybody must know; empty where nobody must.
        more: Further names that it goes by.
    """

    host: str
    token: str = ""
    more: tuple[str, ...] = ()

    def refuses(self, method: str, headers: Headers) -> Refusal | None:
        """Return why a request is refused; None where it is not.

        Args:
            method: ``GET`` or ``POST``.
            headers: Of the request.
        """
        if not self.knows(headers.get("Host") or ""):
            return Refusal(421, "this server does not go by that name; --allow-host adds one")
        if self.token and not self._shows_token(headers):
            return Refusal(401, "open the address with the token that drapto serve has printed")
        return self._refuses_change(headers) if method == "POST" else None

    def knows(self, host: str) -> bool:
        """Return whether a ``Host`` is one of this server's: by name, or by an address.

        An address is nobody's name, so it cannot be made to point elsewhere.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in (*LOOPBACK, self.host.lower(), *(one.lower() for one in self.more)):
            return True
        if is_loopback(self.host):
            return False
        own = socket.gethostname().lower()
        return name in (own, f"{own}.local") or _is_address(name)

    def accepts(self, token: str) -> bool:
        """Return whether that is the token."""
        return bool(self.token) and hmac.compare_digest(token.encode(), self.token.encode())

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, given = (headers.get("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and self.accepts(given.strip()):
            return True
        try:
            cookie = SimpleCookie(headers.get("Cookie") or "").get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self.accepts(cookie.value)

    def _refuses_change(self, headers: Headers) -> Refusal | None:
        if headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none"):
            return Refusal(403, "only this server's own page may ask for that")
        origin = headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{(headers.get('Host') or '').lower()}":
            return Refusal(403, "only this server's own page may ask for that")
        if headers.get(HEADER) != "1":
            return Refusal(403, f"what changes something has the header {HEADER}: 1")
        if (headers.get("Content-Type") or "").partition(";")[0].strip() != "application/json":
            return Refusal(415, "what is asked for is JSON")
        return None


def is_loopback(host: str) -> bool:
    """Return whether what listens on a host can be reached from this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
