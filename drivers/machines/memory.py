"""A machine's memory through its stub, by blocks where that does no harm, and without the breakpoints in it.

Runs in a relay's process: the standard library only.
"""

from drivers.machines.processors import Processors

# A power of two. A stub takes as long for a block as for a word, and sys161's gives no more than 511 bytes.
_BLOCK_BYTES = 128
# Plain memory only: elsewhere there may be devices, which notice that they are read.
_PLAIN = range(0x80000000, 0xA0000000)
_WORD_BYTES = 4
_REFUSED = b"E03"


class Memory:
    """`forget` before the machine goes on."""

    def __init__(self, processors: Processors) -> None:
        self._processors = processors
        self._blocks: dict[int, bytes] = {}
        self.forget = self._blocks.clear

    def read(self, address: int, length: int) -> bytes:
        """The reply to `m`: what could be read from the address on, or an error."""
        found = b""
        while len(found) < length:
            piece = self._piece(address + len(found), length - len(found))
            if not piece:
                break
            found += piece
        return self._without_breakpoints(address, found).hex().encode() if found or not length else _REFUSED

    def _piece(self, address: int, length: int) -> bytes:
        begin = address % _BLOCK_BYTES
        length = min(length, _BLOCK_BYTES - begin)
        if address not in _PLAIN:
            return self._fetch(address, length)
        block = self._blocks.get(address - begin)
        if block is None:
            block = self._fetch(address - begin, _BLOCK_BYTES)
            if len(block) < _BLOCK_BYTES:  # the end of memory
                return self._fetch(address, length)
            self._blocks[address - begin] = block
        return block[begin : begin + length]

    def _fetch(self, address: int, length: int) -> bytes:
        reply = self._processors.ask(b"m%x,%x" % (address, length))
        if len(reply) % 2 or reply.startswith(b"E"):
            return b""
        try:
            return bytes.fromhex(reply.decode())[:length]  # sys161's gives whole words
        except ValueError:
            return b""

    def _without_breakpoints(self, address: int, data: bytes) -> bytes:
        inserted = self._processors.inserted
        first = address - address % _WORD_BYTES
        places = [place for place in range(first, address + len(data), _WORD_BYTES) if place in inserted]
        if not places:
            return data
        cleaned = bytearray(data)
        for place in places:
            word = bytes.fromhex(self._processors.word(place).decode())
            for offset, byte in enumerate(word, place - address):
                if 0 <= offset < len(cleaned):
                    cleaned[offset] = byte
        return bytes(cleaned)
