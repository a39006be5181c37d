"""PNG and JPEG files before any pixel is decoded: kind, size, orientation, and the parts that make the picture.

The decoder is handed those parts only. Metadata (EXIF, ICC, XMP, text, thumbnails, further pictures) never reaches
it, so no fault in there can warn, raise or cost memory.
Sources: PNG (W3C, third edition) sections 5 and 11; JPEG (ITU-T T.81) annex B; EXIF 2.3 sections 4.5 and 4.6.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from visavis.errors import ErrorCode, ServiceError
from visavis.types import ImageSize

MAX_PIXELS = 50_000_000
MIN_SIDE = 80
MAX_SCANS = 100
MAX_SCANNED_PIXELS = 1_000_000_000
"""A scan of a progressive JPEG goes over all pixels in a few bytes: a small file can ask for minutes of work.
Encoders write about ten; at 50 megapixels there may be twenty."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8\xff"
_START_OF_SCAN, _PADDING, _EXIF = 0xDA, 0xFF, 0xE1
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""Begins a segment with a length. Within the data of a scan, none of these occurs (ITU-T T.81, B.1.1.5).

The others have no length: FF01 and FFD0 to FFD7 by the standard; FF02 to FFBF because decoders that look for a
restart marker pass over them. A scan could hide behind a length that nobody else reads.
"""
_END_OF_IMAGE, _SCAN = b"\xd9", b"\xda"
_WITHOUT_BODY = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_METADATA = frozenset((*range(0xE1, 0xEE), 0xEF, 0xFE))
"""Application segments and comments, except JFIF and Adobe, which say what the colours mean."""
_ORIENTATION, _SHORT = 0x0112, 3
_OTHER_KINDS = tuple(
    (re.compile(begins, re.DOTALL), name)
    for name, begins in {
        "a GIF": rb"GIF8[79]a",
        "a BMP": rb"BM....\x00\x00\x00\x00",
        "a WebP": rb"RIFF....WEBP",
        "a TIFF": rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+",
        "an AVIF": rb"....ftypavi[fs]",
        "a HEIC": rb"....ftyp(?:hei[cmsx]|hev[cmsx])",
        "a HEIF": rb"....ftyp(?:mif1|msf1)",
        "a raw": rb"....ftypcrx ",
        "a JPEG XL": rb"\xff\x0a|\x00{3}\x0cJXL \r\n\x87\n",
        "a JPEG 2000": rb"\x00{3}\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
        "an icon": rb"\x00\x00[\x01\x02]\x00[^\x00]\x00",
        "an SVG": rb"<svg[\s>]",
        "another kind of": rb"8BPS|qoif|DDS \x7c|\x8aMNG|\x8bJNG|P[1-7]\s",
    }.items()
)
"""How files of other kinds begin, by what to call them before the word "file"."""
_PDF = b"%PDF-"
_JPEG_LS = 0xF7
_RARE_FRAMES = {
    "lossless": {0xC3, 0xC7, 0xCB, 0xCF},
    "hierarchical": {0xC5, 0xC6, 0xCD, 0xCE},
    "arithmetic": {0xC9, 0xCA},
}
"""Kinds of JPEG that few programs write, by their frame headers (ITU-T T.81, table B.1)."""


@dataclass(frozen=True, slots=True)
class Container:
    """What the file says about its picture. `size` is that of the stored raster, before orientation."""

    kind: Literal["PNG", "JPEG"]
    size: ImageSize
    orientation: int
    """EXIF orientation, 1-8; 1 if it is missing or broken."""
    stripped: bytes
    """The file reduced to the parts that make the picture."""
    has_end: bool = True
    """False of a JPEG without its end marker, which `stripped` has: it is whole if it decodes strictly."""
    rare_kind: str = ""
    """What a JPEG is that the decoder may not know, such as "lossless"; empty for common ones."""


def open_container(data: bytes) -> Container:
    """Read the structure of a PNG or JPEG file.

    Raises NOT_AN_IMAGE, UNSUPPORTED_IMAGE_FORMAT, BROKEN_IMAGE, and IMAGE_TOO_LARGE or IMAGE_TOO_SMALL as soon
    as the size is known, before the rest of the file is looked at.
    """
    if data.startswith(_PNG_SIGNATURE):
        return _read_png(data)
    if data.startswith(_JPEG_SIGNATURE):
        return _read_jpeg(data)
    for begins, name in _OTHER_KINDS:
        if begins.match(data):
            raise unsupported(f"{name} file")
    if data.startswith(_PDF):
        raise ServiceError(ErrorCode.NOT_AN_IMAGE, "The file is a PDF document, not an image.")
    raise ServiceError(ErrorCode.NOT_AN_IMAGE, "The bytes are not an image.")


def unsupported(kind: str) -> ServiceError:
    """The error for a picture of a kind that is not decoded."""
    return ServiceError(ErrorCode.UNSUPPORTED_IMAGE_FORMAT, f"The image is {kind}: PNG and JPEG are supported.")


def broken(reason: str) -> ServiceError:
    """The error for a file that starts as PNG or JPEG and is corrupt."""
    return ServiceError(ErrorCode.BROKEN_IMAGE, f"The image is truncated or corrupt: {reason}.")


def _check_size(size: ImageSize) -> ImageSize:
    if size.width * size.height > MAX_PIXELS:
        raise ServiceError(
            ErrorCode.IMAGE_TOO_LARGE, f"The image has more than {MAX_PIXELS // 1_000_000} megapixels."
        )
    if min(size.width, size.height) < MIN_SIDE:
        raise ServiceError(ErrorCode.IMAGE_TOO_SMALL, f"The image is less than {MIN_SIDE} pixels wide or high.")
    return size


def _read_png(data: bytes) -> Container:
    size, orientation = None, None
    stripped = bytearray(_PNG_SIGNATURE)
    kept = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
    for name, body, whole in _png_chunks(data):
        if size is None:
            if name != b"IHDR" or len(body) != 13:
                raise broken("it has no header")
            size = _check_size(ImageSize(*struct.unpack(">II", body[:8])))
            if body[8] == 16:
                kept.remove(b"tRNS")  # names a 16-bit colour, where the decoder delivers 8 bits
        elif name == b"eXIf" and orientation is None:  # the first one counts
            orientation = _exif_orientation(body)
        if name in kept:
            stripped += whole
    if size is None:
        raise broken("it has no header")
    return Container("PNG", size, orientation or 1, bytes(stripped))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(name, body, whole chunk) up to and with the end chunk, checksums verified."""
    at, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise broken("it has no end")
        length, name = struct.unpack_from(">I4s", data, at)
        whole = data[at : at + 12 + length]
        if len(whole) != 12 + length:
            raise broken("a chunk is cut short")
        if zlib.crc32(whole[4:-4]) != int.from_bytes(whole[-4:]):
            raise broken("a checksum is wrong")
        yield name, whole[8:-4], whole
        at += len(whole)


def _read_jpeg(data: bytes) -> Container:
    size, orientation, has_end, progressive, rare_kind = None, None, True, False, ""
    stripped = bytearray(b"\xff\xd8")
    for marker, body, whole in _jpeg_segments(data):
        if marker in _FRAME_HEADERS:
            if size is not None or len(body) < 5:
                raise broken("its header is damaged")
            height, width = struct.unpack(">HH", body[1:5])
            size = _check_size(ImageSize(width, height))
            progressive, rare_kind = marker in _PROGRESSIVE, _rare_kind(marker, precision=body[0])
        elif marker == _JPEG_LS:
            raise unsupported("a JPEG-LS file")
        elif marker == _EXIF and orientation is None and body.startswith(b"Exif\x00\x00"):  # the first one counts
            orientation = _exif_orientation(body[6:])
        if marker not in _METADATA:
            stripped += whole
        if marker == _START_OF_SCAN and size is not None:
            has_end = _check_scans(whole, size)
    if size is None:
        raise broken("it has no header")
    if not has_end and not progressive:  # of a progressive picture nobody knows how many scans are missing
        stripped = stripped.rstrip(b"\xff") + b"\xff\xd9"
    whole_or_unknown = has_end or progressive
    return Container("JPEG", size, orientation or 1, bytes(stripped), whole_or_unknown, rare_kind)


def _rare_kind(frame: int, precision: int) -> str:
    """What kind of JPEG has this frame header, in the words of an error; empty for those that everybody writes."""
    if precision != 8:
        return f"a JPEG with {precision} bits per colour"
    names = [name for name, frames in _RARE_FRAMES.items() if frame in frames]
    return f"a JPEG of the rare kind {names[0]}" if names else ""


def _check_scans(rest: bytes, size: ImageSize) -> bool:
    """Whether the picture has an end; what follows it does not count. `rest`: the file from its first scan on.

    Raises BROKEN_IMAGE if it has too many scans.
    """
    most = min(MAX_SCANS, MAX_SCANNED_PIXELS // (size.width * size.height))
    scans, at = 0, 0
    while (found := _MARKER.search(rest, at)) is not None and found[1] != _END_OF_IMAGE:
        scans += found[1] == _SCAN
        if scans > most:
            raise broken("it has more scans than any encoder writes")
        at = found.end() + int.from_bytes(rest[found.end() : found.end() + 2])
    return found is not None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(marker, body, whole segment); the last is the first scan with all that follows it."""
    at = 2
    while True:
        at = data.find(b"\xff", at)  # what lies between segments is skipped, as decoders do
        if at < 0 or at + 4 > len(data):
            raise broken("it has no picture data")
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            yield marker, b"", data[at:]
            return
        if marker == _PADDING:
            at += 1
        elif marker in _WITHOUT_BODY:
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
            if not at + 4 <= end <= len(data):
                raise broken("a segment is cut short")
            yield marker, data[at + 4 : end], data[at:end]
            at = end


def _exif_orientation(tiff: bytes) -> int:
    """The orientation tag of the first directory of an EXIF block; 1, upright, if anything about it is wrong."""
    byte_order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if byte_order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{byte_order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{byte_order}H", tiff, directory)
        for index in range(entries):
            tag, kind, count, value = struct.unpack_from(f"{byte_order}HHIH", tiff, directory + 2 + 12 * index)
            if (tag, kind, count) == (_ORIENTATION, _SHORT, 1):
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
