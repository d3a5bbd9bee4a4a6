"""How large a Parquet file is when it is unpacked, before anybody unpacks it.

A few kilobytes can say that they are many gigabytes. The footer tells where the pages lie and each
page tells how many bytes it unpacks to, which is how much a reader sets aside for it; so pages are
counted by their headers alone. Footer and headers are Thrift's compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md); the fields are
those of https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MAGIC = b"PAR1"
MOST_FOOTER = 16 * 2**20
MOST_PAGES = 1_000_000
_DEEP = 24
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
Fields = dict[int, Any]


class Unpacked(NamedTuple):
    """What a file says of itself."""

    rows: int
    bytes: int
    columns: int


def unpacked(data: bytes) -> Unpacked:
    """Rows and bytes of a Parquet file when it is unpacked.

    Raises:
        ValueError: it is no Parquet file, or not one that can be counted.
    """
    try:
        return _counted(data)
    except (IndexError, KeyError, TypeError, OverflowError) as error:
        msg = "its footer or a page's header is broken"
        raise ValueError(msg) from error


def _counted(data: bytes) -> Unpacked:
    if len(data) < 12 or not data.startswith(MAGIC) or not data.endswith(MAGIC):
        msg = "it does not begin and end as a Parquet file does"
        raise ValueError(msg)
    length = int.from_bytes(data[-8:-4], "little")
    if length > min(len(data) - 12, MOST_FOOTER):
        msg = f"its footer of {length:,} bytes is not there, or larger than any"
        raise ValueError(msg)
    footer = _Reader(data, len(data) - 8 - length, len(data) - 8).struct()
    size = pages = 0
    for group in footer[4]:
        for chunk in group[1]:
            about = chunk[3]
            first = min(about[9], about.get(11) or about[9])
            more, number = _pages(data, first, first + about[7])
            size, pages = size + more, pages + number
            if pages > MOST_PAGES:
                msg = f"it has more than {MOST_PAGES:,} pages"
                raise ValueError(msg)
    rows = max(footer[3], sum(group[3] for group in footer[4]))
    return Unpacked(rows, size, len(footer[2]) - 1)  # the first of its schema is the whole


def _pages(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Bytes unpacked, and how many pages, of one column's chunk."""
    if not 0 < at <= end <= len(data):
        msg = "a column lies outside the file"
        raise ValueError(msg)
    size = pages = 0
    while at < end:
        reader = _Reader(data, at, end)
        header = reader.struct()
        if min(header[2], header[3]) < 0 or reader.at + header[3] > end:
            msg = "a page lies outside its column"
            raise ValueError(msg)
        at = reader.at + header[3]
        size, pages = size + header[2], pages + 1
        if pages > MOST_PAGES:
            break
    return size, pages


class _Reader:
    """Reads structs of the compact protocol as field number -> value."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def struct(self, deep: int = 0) -> Fields:
        """Its fields."""
        found: Fields = {}
        number = 0
        while (head := self._byte()) != 0:
            step, kind = head >> 4, head & 15
            number = number + step if step else self._zigzag()
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, deep)
        return found

    def _value(self, kind: int, deep: int) -> Any:
        if deep > _DEEP:
            msg = "it is nested too deep"
            raise ValueError(msg)
        if kind in (_TRUE, _FALSE, _BYTE):  # a truth value in a list has a byte
            return self._byte()
        if kind < _DOUBLE:
            return self._zigzag()
        if kind in (_DOUBLE, _BINARY):
            return self._skip(8 if kind == _DOUBLE else self._varint())
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 != 15 else self._varint()
            return [self._value(head & 15, deep + 1) for _ in range(self._fits(size))]
        if kind == _MAP:
            size = self._fits(self._varint())
            kinds = self._byte() if size else 0
            return [
                (self._value(kinds >> 4, deep + 1), self._value(kinds & 15, deep + 1))
                for _ in range(size)
            ]
        if kind != _STRUCT:
            msg = f"there is no kind {kind} of value"
            raise ValueError(msg)
        return self.struct(deep + 1)

    def _fits(self, size: int) -> int:
        """Each item takes a byte or more."""
        if size > self.end - self.at:
            msg = "a list is longer than what is left"
            raise ValueError(msg)
        return size

    def _skip(self, size: int) -> None:
        self.at += self._fits(size)

    def _byte(self) -> int:
        if self.at >= self.end:
            msg = "it ends in the middle"
            raise ValueError(msg)
        self.at += 1
        return self.data[self.at - 1]

    def _varint(self) -> int:
        found = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            found |= (byte & 127) << shift
            if byte < 128:
                return found
        msg = "a number has no end"
        raise ValueError(msg)

    def _zigzag(self) -> int:
        found = self._varint()
        return (found >> 1) ^ -(found & 1)
