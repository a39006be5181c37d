"""Pictures made to do harm, each with the codes it may be refused with; None among them where it may be read.

Generated, so that nothing hostile lies in the repository: bombs, lies about sizes, cuts, wrong checksums, metadata
without end, files that are two things at once, and rare kinds that are no attack at all.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.hostile import many_scans, one_colour_jpeg
from tests.vision.pictures import encoded, exif, png, png_chunk, scenery, with_exif
from visavis.errors import ErrorCode

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
READ: Final = None
BROKEN: Final = frozenset({ErrorCode.BROKEN_IMAGE})
TOO_LARGE: Final = frozenset({ErrorCode.IMAGE_TOO_LARGE})
TOO_SMALL: Final = frozenset({ErrorCode.IMAGE_TOO_SMALL})
FINE: Final = frozenset({READ})
ANY: Final = frozenset({READ, ErrorCode.BROKEN_IMAGE})
RARE: Final = ANY | {ErrorCode.UNSUPPORTED_IMAGE_FORMAT}
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and what may become of it."""

    name: str
    data: bytes
    outcomes: frozenset[ErrorCode | None]


def corpus() -> Iterator[Hostile]:
    """All of them, small ones first."""
    yield from lies_about_size()
    yield from cuts()
    yield from wrong_checksums()
    yield from two_things_at_once()
    yield from structures()
    yield from rare_kinds()
    yield from metadata()
    yield from bombs()


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png_of(header: bytes, *chunks: bytes) -> bytes:
    return SIGNATURE + header + b"".join(chunks) + png_chunk(b"IEND", b"")


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_sized(width: int, height: int) -> bytes:
    """A real JPEG whose header says another size."""
    data = bytearray(encoded(scenery(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def lies_about_size() -> Iterator[Hostile]:
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    sides = (0, 1, 79, 80, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1)
    for width in sides:
        for height in sides:
            if width * height > 50_000_000:
                expected = TOO_LARGE
            elif min(width, height) < 80:
                expected = TOO_SMALL
            else:
                expected = BROKEN
            yield Hostile(f"png {width}x{height}", png_of(png_header(width, height), pixels), expected)
            if max(width, height) <= 65_535:
                # Lines that are missing are grey, as every decoder has it, so what is small may be read.
                judged = ANY if expected == BROKEN else expected
                yield Hostile(f"jpeg {width}x{height}", jpeg_sized(width, height), judged)


def cuts() -> Iterator[Hostile]:
    """Each hundredth of whole files."""
    noise = np.random.default_rng(3).integers(0, 255, (120, 130, 3), dtype=np.uint8)
    kinds = {
        "png": encoded(noise, "PNG"),
        "interlaced png": interlaced(),
        "jpeg": encoded(noise, "JPEG"),
        "progressive jpeg": encoded(noise, "JPEG", progressive=True),
    }
    for kind, data in kinds.items():
        for hundredth in range(1, 100):
            part = data[: len(data) * hundredth // 100]
            yield Hostile(f"{kind} cut at {hundredth} %", part, BROKEN)


def wrong_checksums() -> Iterator[Hostile]:
    whole = encoded(scenery(), "PNG")
    for at in (29, 32, len(whole) // 2, len(whole) - 20, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        yield Hostile(f"png with a wrong bit at {at}", bytes(damaged), BROKEN)
    raw = zlib.compress(bytes(81 * 3 * 80 + 80))
    wrong_adler = raw[:-4] + bytes(4 * [255])
    yield Hostile("png with a wrong adler", png_of(png_header(81, 80), png_chunk(b"IDAT", wrong_adler)), ANY)
    yield Hostile("png whose data is no zlib", png_of(png_header(80, 80), png_chunk(b"IDAT", b"\0" * 99)), BROKEN)
    yield Hostile("png without data", png_of(png_header(80, 80)), BROKEN)


def two_things_at_once() -> Iterator[Hostile]:
    """The first bytes decide, and nothing else of the file is ever looked at."""
    photo, drawing = encoded(scenery(), "JPEG"), encoded(scenery(), "PNG")
    for name, tail in {
        "zip": b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18),
        "html": b"<script>alert(1)</script>",
        "php": b"<?php system($_GET[0]); ?>",
        "pdf": b"%PDF-1.7\n%%EOF",
        "elf": b"\x7fELF" + bytes(60),
    }.items():
        yield Hostile(f"jpeg and {name}", photo + tail, FINE)
        yield Hostile(f"png and {name}", drawing + tail, FINE)
        yield Hostile(f"jpeg with {name} inside", photo[:2] + jpeg_segment(0xFE, tail) + photo[2:], FINE)
        yield Hostile(f"{name} and png", tail + drawing, frozenset({ErrorCode.NOT_AN_IMAGE}))
    yield Hostile("png and jpeg", drawing + photo, FINE)
    yield Hostile("jpeg and png", photo + drawing, FINE)
    yield Hostile("jpeg twice", photo + photo, FINE)
    for name, start in {"gif": b"GIF89a", "svg": b"<svg onload=alert(1)>", "webp": b"RIFF\0\0\0\0WEBP"}.items():
        other = frozenset({ErrorCode.UNSUPPORTED_IMAGE_FORMAT})
        yield Hostile(f"{name} and png", start + bytes(20) + drawing, other)


def structures() -> Iterator[Hostile]:
    row = bytes(1 + 3 * 80)
    pixels = png_chunk(b"IDAT", zlib.compress(row * 80))
    header = png_header(80, 80)
    yield Hostile("png with two headers", png_of(header, png_header(9_000, 9_000), pixels), ANY)
    yield Hostile("png whose header comes late", png_of(png_chunk(b"tEXt", b"a\0b"), header, pixels), BROKEN)
    yield Hostile(
        "png with a chunk of 4 gigabytes", SIGNATURE + header + b"\xff\xff\xff\xffIDAT" + bytes(99), BROKEN
    )
    yield Hostile("png of a million empty chunks", png_of(header, png_chunk(b"IDAT", b"") * 200_000, pixels), ANY)
    yield Hostile("png with a palette of nothing", png_of(png_header(80, 80, 8, 3), pixels), ANY)
    yield Hostile("png with a palette too long", png_of(header, png_chunk(b"PLTE", bytes(9_999)), pixels), ANY)
    yield Hostile("png with odd transparency", png_of(header, png_chunk(b"tRNS", b"\1"), pixels), ANY)
    for depth in (0, 3, 7, 16, 32, 255):
        for colour in (0, 1, 2, 3, 4, 5, 6, 7, 255):
            odd = png_of(png_header(80, 80, depth, colour), pixels)
            yield Hostile(f"png of depth {depth}, colour {colour}", odd, ANY)
    for interlace in (1, 2, 255):
        yield Hostile(f"png interlaced by {interlace}", png_of(png_header(80, 80, 8, 2, interlace), pixels), ANY)
    photo = encoded(scenery(), "JPEG")
    scan = photo.index(b"\xff\xda")
    yield Hostile("jpeg of padding alone", b"\xff\xd8" + b"\xff" * MEGABYTE, BROKEN)
    yield Hostile("jpeg of restarts alone", b"\xff\xd8\xff" + b"\xd0\xff" * 500_000, BROKEN)
    yield Hostile("jpeg of comments alone", b"\xff\xd8" + jpeg_segment(0xFE, b"") * 250_000, BROKEN)
    yield Hostile("jpeg without tables", photo[:20] + photo[photo.index(b"\xff\xc0") :], ANY)
    yield Hostile(
        "jpeg with two headers", photo[:scan] + photo[photo.index(b"\xff\xc0") : scan] + photo[scan:], BROKEN
    )
    yield Hostile("jpeg with a segment of length 0", photo[:2] + b"\xff\xe1\x00\x00" + photo[2:], BROKEN)
    for precision in (0, 1, 12, 16, 255):
        lying = bytearray(photo)
        lying[lying.index(b"\xff\xc0") + 4] = precision
        yield Hostile(f"jpeg of {precision} bits", bytes(lying), RARE)
    for parts in (0, 2, 5, 255):
        lying = bytearray(photo)
        lying[lying.index(b"\xff\xc0") + 9] = parts
        yield Hostile(f"jpeg of {parts} colours", bytes(lying), ANY)
    for sampling in (0x00, 0x14, 0x41, 0x44, 0xFF):
        lying = bytearray(photo)
        lying[lying.index(b"\xff\xc0") + 11] = sampling
        yield Hostile(f"jpeg sampled by {sampling:02x}", bytes(lying), ANY)
    for marker in (0xC1, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
        lying = bytearray(photo)
        lying[lying.index(b"\xff\xc0") + 1] = marker
        yield Hostile(f"jpeg of kind {marker:02x}, arithmetic or lossless", bytes(lying), RARE)


def rare_kinds() -> Iterator[Hostile]:
    """No attacks: what cameras, scanners and browsers make."""
    picture = scenery()
    yield Hostile("cmyk jpeg", encoded(picture, "JPEG", "CMYK"), FINE)
    yield Hostile("grey jpeg", encoded(picture, "JPEG", "L"), FINE)
    yield Hostile("progressive jpeg", encoded(picture, "JPEG", progressive=True), FINE)
    yield Hostile("png of 16 bits", png(picture[..., 0].astype(np.uint16) * 257, 16, 0), FINE)
    yield Hostile("png of 16 bits a colour", png(picture.astype(np.uint16) * 257, 16, 2), FINE)
    yield Hostile("interlaced png", interlaced(), FINE)
    yield Hostile("animated png", animated(), FINE)
    yield Hostile("animated png of a million frames", animated(2**31 - 1), FINE)


def interlaced() -> bytes:
    """By hand: Pillow writes none. Adam7 of one grey, 80 x 80 (PNG, third edition, section 8)."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    grey = np.random.default_rng(5).integers(0, 255, (80, 80), dtype=np.uint8)
    raw = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in grey[y::dy, x::dx])
    return png_of(png_header(80, 80, 8, 0, 1), png_chunk(b"IDAT", zlib.compress(raw)))


def animated(frames: int = 2) -> bytes:
    """An APNG whose later frames are as large as they like: none of them is decoded."""
    picture = encoded(scenery(80, 80), "PNG")
    control = png_chunk(b"acTL", struct.pack(">II", frames, 0))
    frame = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 2**31 - 1, 2**31 - 1, 0, 0, 1, 1, 0, 0))
    later = png_chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(bytes(5 * MEGABYTE)))
    return picture[:33] + control + frame + picture[33:-12] + later * 3 + picture[-12:]


def metadata() -> Iterator[Hostile]:
    """Without end, or leading in circles."""
    photo, drawing = encoded(scenery(), "JPEG"), encoded(scenery(), "PNG")
    packed = zlib.compress(bytes(50 * MEGABYTE), 9)

    def within(*chunks: bytes) -> bytes:
        return drawing[:33] + b"".join(chunks) + drawing[33:]

    yield Hostile("png with an ICC bomb", within(png_chunk(b"iCCP", b"a\0\0" + packed)), FINE)
    yield Hostile("png with a text bomb", within(png_chunk(b"zTXt", b"a\0\0" + packed) * 20), FINE)
    yield Hostile("png with an international bomb", within(png_chunk(b"iTXt", b"a\0\1\0\0\0" + packed)), FINE)
    yield Hostile("png with 100,000 texts", within(png_chunk(b"tEXt", b"a\0b") * 100_000), FINE)
    yield Hostile("png with 2 megabytes of exif", within(png_chunk(b"eXIf", exif(1) + bytes(2 * MEGABYTE))), FINE)
    yield Hostile("jpeg with 40 ICC segments", photo[:2] + icc(40) + photo[2:], FINE)
    yield Hostile("jpeg with ICC segments that lie", photo[:2] + icc(255, 1) + photo[2:], FINE)
    many = b"II*\x00" + struct.pack("<IH", 8, 65_535) + bytes(12) * 5_000
    yield Hostile("jpeg with exif of 65,535 tags", with_exif(photo, many), FINE)
    circle = b"II*\x00" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield Hostile("jpeg with exif in circles", with_exif(photo, circle), FINE)
    far = b"MM\x00*" + struct.pack(">I", 2**32 - 1)
    yield Hostile("jpeg with exif beyond its end", with_exif(photo, far), FINE)
    for orientation in (0, 9, 255, 65_535):
        yield Hostile(f"jpeg turned by {orientation}", with_exif(photo, exif(orientation)), FINE)
    yield Hostile(
        "jpeg with 2.5 megabytes of comments", photo[:2] + jpeg_segment(0xFE, bytes(65_000)) * 38 + photo[2:], FINE
    )
    thumbnail = exif(1) + encoded(scenery(2_000, 2_000), "JPEG", quality=1)[:60_000]
    yield Hostile("jpeg with a large thumbnail", with_exif(photo, thumbnail), FINE)
    yield Hostile(
        "jpeg that refers to others", photo[:2] + jpeg_segment(0xE2, b"MPF\0" + circle) + photo[2:], FINE
    )


def icc(segments: int, numbered: int | None = None) -> bytes:
    return b"".join(
        jpeg_segment(0xE2, b"ICC_PROFILE\0" + bytes([numbered or number % 256, segments % 256]) + bytes(50_000))
        for number in range(1, min(segments, 40) + 1)
    )


def bombs() -> Iterator[Hostile]:
    """Few bytes that mean many pixels, within the limit and beyond."""
    row = bytes(1 + 3 * 7_071)
    just = zlib.compress(row * 7_071, 9)
    yield Hostile(
        "png of 50 megapixels in 150 kilobytes", png_of(png_header(7_071, 7_071), png_chunk(b"IDAT", just)), FINE
    )
    yield Hostile(
        "png of 80 rows that inflate to 150 megabytes", png_of(png_header(80, 80), png_chunk(b"IDAT", just)), ANY
    )
    beyond = png_of(png_header(30_000, 30_000), png_chunk(b"IDAT", just))
    yield Hostile("png of 900 megapixels", beyond, TOO_LARGE)
    palette = png_of(
        png_header(60_000, 800, 1, 3),
        png_chunk(b"PLTE", bytes(6)),
        png_chunk(b"IDAT", zlib.compress(bytes(1 + 7_500) * 800, 9)),
    )
    yield Hostile("png of one bit, 48 megapixels", palette, FINE)
    deep = png_of(
        png_header(7_000, 7_000, 16, 6), png_chunk(b"IDAT", zlib.compress(bytes(1 + 8 * 7_000) * 7_000, 9))
    )
    yield Hostile("png of 64 bits, 49 megapixels", deep, FINE)
    strip = png_of(png_header(100_000, 80), png_chunk(b"IDAT", zlib.compress(bytes(1 + 3 * 100_000) * 80, 9)))
    yield Hostile("png of a strip, 100,000 x 80", strip, FINE)
    yield Hostile("jpeg of 65,500 x 760", one_colour_jpeg(65_500, 760), FINE)
    yield Hostile("progressive jpeg of 49 megapixels", one_colour_jpeg(7_000, 7_000, progressive=True), FINE)
    yield Hostile("progressive jpeg of 1,000 scans", many_scans(1_000), ANY)
    yield Hostile("progressive jpeg of 1,000 hidden scans", many_scans(1_000, b"\xff\x01"), BROKEN)
    yield Hostile("jpeg said to be 65,500 x 763, without pixels", jpeg_sized(65_500, 763), ANY)
