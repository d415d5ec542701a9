"""Connections that can be broken on purpose, as real networks break them."""

import asyncio
import socket
import struct
from typing import Any

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_NOT = struct.pack("ii", 1, 0)


class BreakableProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, which also lets a request reach its own connection."""

    def connection_made(self, transport: Any) -> None:
        """Remember the connection beside what requests already know."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


def drop(request: Request) -> None:
    """Close the request's connection without an answer."""
    _transport(request).close()


def reset(request: Request) -> None:
    """Reset the request's connection, so that the client sees an error at once."""
    transport = _transport(request)
    if transport.is_closing():
        # the client has left already
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


def _transport(request: Request) -> asyncio.WriteTransport:
    transport: asyncio.WriteTransport = request.scope["state"]["transport"]
    return transport
