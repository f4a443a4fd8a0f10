"""Packets on a connection: what relays speak to both sides (GDB manual, "Remote Protocol").

Runs in a relay's process: the standard library only.
"""

import re
import socket

_PACKET = re.compile(rb"\$([^#]*)#([0-9a-fA-F]{2})", re.DOTALL)
_READ_BYTES = 65536


class Over(Exception):
    """One of the two sides is gone."""


class Wire:
    """Packets on a connection. What came is acknowledged with the next thing that is sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._unread = b""
        self._acknowledgement = b""
        self._last = b""
        self.is_reliable = False  # by QStartNoAckMode: then nothing is acknowledged

    def fill(self) -> None:
        """Wait for some bytes and read them."""
        try:
            data = self.connection.recv(_READ_BYTES)
        except OSError as error:
            raise Over from error
        if not data:
            raise Over
        self._unread += data

    def take(self) -> tuple[bytes, bool] | None:
        """The next packet's body, or (with False) a byte outside of packets; None: there is no whole one yet."""
        while self._unread:
            if not self._unread.startswith(b"$"):
                byte, self._unread = self._unread[:1], self._unread[1:]
                if byte == b"-":
                    self.write(self._last)
                elif byte != b"+":
                    return byte, False
                continue
            found = _PACKET.match(self._unread)
            if found is None:
                return None
            self._unread = self._unread[found.end() :]
            if sum(found[1]) % 256 == int(found[2], 16):
                if not self.is_reliable:
                    self._acknowledgement += b"+"
                return found[1], True
            self.write(b"-")
        return None

    def receive(self) -> tuple[bytes, bool]:
        while (item := self.take()) is None:
            self.fill()
        return item

    def send(self, *bodies: bytes) -> None:
        self._last = b"".join(b"$%b#%02x" % (body, sum(body) % 256) for body in bodies)
        self.write(self._last)

    def acknowledge(self) -> None:
        """At once, as nothing else is to be sent for a while."""
        self.write(b"")

    def write(self, data: bytes) -> None:
        data, self._acknowledgement = self._acknowledgement + data, b""
        if not data:
            return
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise Over from error
