"""Reading a page of `--html` back: its elements, its data, and the blocks of its runs."""

from __future__ import annotations

import json
import zlib
from array import array
from base64 import b64decode
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

_TYPES = {"u1": "B", "u2": "H", "u4": "I", "d4": "i"}


@dataclass
class Page:
    """A page. Parsing fails on whatever the HTML standard calls a parse error."""

    content: bytes

    def __post_init__(self) -> None:
        self.root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(self.content.decode())

    def texts(self, path: str) -> list[str]:
        return ["".join(each.itertext()) for each in self.root.findall(path)]

    def element(self, identity: str) -> Element:
        (found,) = (each for each in self.root.iter() if each.get("id") == identity)
        return found

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.element("data").text or ""))

    @property
    def sources(self) -> dict[str, str]:
        return dict(json.loads(zlib.decompress(b64decode(self.element("sources").text or ""))))

    def block(self, number: int) -> Block:
        return Block.read(self.element(f"block-{number}").text or "")


@dataclass
class Block:
    """What `dexverify.report.html.block` packed."""

    header: dict[str, Any]
    content: bytes

    @classmethod
    def read(cls, text: str) -> Block:
        content = zlib.decompress(b64decode(text))
        length = int.from_bytes(content[:4], "little")
        return cls(json.loads(content[4 : 4 + length]), content[-(-(4 + length) // 8) * 8 :])

    def numbers(self, name: str) -> list[int]:
        kind, offset, count = self.header["columns"][name]
        assert offset % 8 == 0
        column = array(_TYPES[kind])
        column.frombytes(self.content[offset : offset + count * column.itemsize])
        return list(accumulate(column)) if kind == "d4" else list(column)

    def bits(self, number: int) -> list[bool]:
        kind, offset, count = self.header["columns"][f"bits_{number}"]
        assert kind == "bits"
        column = int.from_bytes(self.content[offset : offset + (count + 7) // 8], "little")
        return [bool(column >> position & 1) for position in range(count)]

    def states(self, instance: dict[str, Any], node: dict[str, Any]) -> list[str]:
        """What a part of a formula is at every step of the run."""
        size = self.header["size"]
        mask = self.bits(instance["mask"]) if "mask" in instance else [True] * size
        pairs = zip(self.bits(node["low"]), self.bits(node["high"]), strict=True)
        states = iter("true" if low else "unknown" if high else "false" for low, high in pairs)
        found = [next(states) if is_looked_at else "absent" for is_looked_at in mask]
        assert next(states, None) is None
        return found
