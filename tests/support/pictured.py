"""Pictures as people send them: good ones, ones that tell too much, and ones that are none."""

import io
import struct
import zlib

from PIL import Image, PngImagePlugin


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 32), color: str = "#00aaff", mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, color).save(written, kind)
    return written.getvalue()


def with_secrets(kind: str) -> bytes:
    """Write a picture with words beside it: position, camera, comment."""
    subject, written = Image.new("RGB", (8, 8)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", "SECRET")
        subject.save(written, kind, pnginfo=texts, exif=exif)
    else:
        subject.save(written, kind, exif=exif, comment=b"SECRET")
    return written.getvalue()


def bomb(side: int) -> bytes:
    """Write a PNG that says it is large, in a few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BAD = {
    "nothing": b"",
    "no picture": b"hello",
    "an SVG": SVG,
    "an SVG with a declaration": b'<?xml version="1.0"?>' + SVG,
    "an SVG in UTF-16": SVG.decode().encode("utf-16"),
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a GIF": picture("GIF"),
    "a TIFF": picture("TIFF"),
    "half a PNG": picture(size=(300, 300))[:200],
    "half a JPEG": picture("JPEG", size=(300, 300))[:200],
    "a PNG in name alone": b"\x89PNG\r\n\x1a\n" + b"x" * 100,
    "a bomb": bomb(5_000),
    "a larger bomb": bomb(60_000),
    "a few pixels too many": picture(size=(2501, 2500)),
}
