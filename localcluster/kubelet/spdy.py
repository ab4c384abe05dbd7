"""SPDY/3.1 frames, as far as kubectl port-forward needs them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FIN = 1
_CONTROL = 0x80000000
_VERSION = 3
_LARGEST = 1 << 20  # bytes of a frame; larger ones are no port-forward's

# the dictionary of the SPDY/3 specification (section 2.6.10.1): words with their lengths, then plain text
_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative "
    "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 "
    "Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec "
    "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,"
    "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8"
    "charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(struct.pack(">I", len(word)) + word.replace("_", " ").encode() for word in _WORDS.split()) + _TEXT.encode()
)


class SpdyError(Exception):
    """The other side does not speak SPDY/3.1."""


@dataclass(frozen=True)
class Frame:
    """A control frame (`kind` is its type) or data (`kind` 0)."""

    kind: int
    stream: int
    flags: int
    payload: bytes

    @property
    def last(self) -> bool:
        """The other side sends nothing more on this stream."""
        return bool(self.flags & FIN)


class Spdy:
    """Both directions of one connection; headers are compressed with one dictionary for its whole life."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes and yield the frames that are complete.

        Raises:
            SpdyError: these bytes are no SPDY.

        """
        self._rest += data
        while len(self._rest) >= 8:
            first, second = struct.unpack_from(">II", self._rest)
            length = second & 0xFFFFFF
            if length > _LARGEST:
                raise SpdyError(f"a frame of {length} bytes")
            if len(self._rest) < 8 + length:
                return
            payload = bytes(self._rest[8 : 8 + length])
            del self._rest[: 8 + length]
            yield _frame(first, second >> 24, payload)

    def headers(self, frame: Frame) -> dict[str, str]:
        """Read the headers of a SYN_STREAM frame; every one must be read, in order.

        Raises:
            SpdyError: they are damaged.

        """
        try:
            block = self._inflate.decompress(frame.payload[10:])
            return dict(_pairs(block))
        except (zlib.error, struct.error) as error:
            raise SpdyError("damaged headers") from error

    def reply(self, stream: int) -> bytes:
        """Accept a stream."""
        return control(SYN_REPLY, struct.pack(">I", stream) + self._compress({}))

    def open(self, stream: int, headers: Mapping[str, str]) -> bytes:
        """Open a stream, as a client does."""
        return control(SYN_STREAM, struct.pack(">IIBB", stream, 0, 0, 0) + self._compress(headers))

    def _compress(self, headers: Mapping[str, str]) -> bytes:
        block = struct.pack(">I", len(headers))
        for name, value in headers.items():
            for text in (name.encode(), value.encode()):
                block += struct.pack(">I", len(text)) + text
        return self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)


def control(kind: int, payload: bytes, flags: int = 0) -> bytes:
    """Make a control frame."""
    return struct.pack(">HHI", 0x8000 | _VERSION, kind, flags << 24 | len(payload)) + payload


def data(stream: int, payload: bytes, *, last: bool = False) -> bytes:
    """Make a data frame."""
    return struct.pack(">II", stream, (FIN if last else 0) << 24 | len(payload)) + payload


def _frame(first: int, flags: int, payload: bytes) -> Frame:
    if not first & _CONTROL:
        return Frame(0, first, flags, payload)
    if first >> 16 & 0x7FFF != _VERSION:
        raise SpdyError(f"version {first >> 16 & 0x7FFF} instead of {_VERSION}")
    stream = struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF if len(payload) >= 4 else 0
    return Frame(first & 0xFFFF, stream, flags, payload)


def _pairs(block: bytes) -> Iterator[tuple[str, str]]:
    (count,) = struct.unpack_from(">I", block)
    place = 4
    for _ in range(count):
        texts = []
        for _ in range(2):
            (length,) = struct.unpack_from(">I", block, place)
            texts.append(block[place + 4 : place + 4 + length].decode("latin-1"))
            place += 4 + length
        yield texts[0], texts[1]
