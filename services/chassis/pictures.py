"""Pictures that people send: told by content, decoded, and written anew, so that nothing but the picture is kept."""

import hashlib
import io
from typing import Final, Literal

from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict

from services.chassis.domain import RuleBroken

LARGEST: Final = 2 * 1024 * 1024
"""Bytes as sent."""
SIDE: Final = 512
"""Pixels that are kept of width and of height at the most."""
MOST_PIXELS: Final = 2500 * 2500
"""Pixels that are decoded at the most: about 25 MB of memory, whatever few bytes they were pressed into."""
MEDIA_TYPES: Final[dict[str, Literal["image/png", "image/jpeg"]]] = {"PNG": "image/png", "JPEG": "image/jpeg"}


class PictureRefused(RuleBroken):
    """What was sent is no picture that can be kept."""


class Picture(BaseModel):
    """The picture as kept and shown."""

    model_config = ConfigDict(frozen=True)

    media_type: Literal["image/png", "image/jpeg"]
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def picture_of(sent: bytes) -> Picture:
    """Make a picture of a PNG or a JPEG file. It takes a while: call it beside the event loop.

    Raises `PictureRefused`. What came with the picture (position, camera, comments, animation) is dropped.
    """
    if _is_markup(sent):
        raise PictureRefused(
            "An SVG can carry scripts, so it is not taken. Export it as PNG, 512 pixels wide, and send that."
        )
    try:
        with Image.open(io.BytesIO(sent), formats=tuple(MEDIA_TYPES)) as picture:
            return _written_anew(picture)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise PictureRefused(
            "This is no PNG or JPEG picture that can be read. Export it again and send that."
        ) from None


def _written_anew(picture: Image.Image) -> Picture:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise PictureRefused(f"The picture has {width} x {height} pixels. Send one of at most 2500 x 2500.")
    kind = str(picture.format)
    upright = ImageOps.exif_transpose(picture)
    plain = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    plain.thumbnail((SIDE, SIDE))
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    written = io.BytesIO()
    clean.save(written, kind, optimize=True, **({"quality": 90} if kind == "JPEG" else {}))
    return Picture(media_type=MEDIA_TYPES[kind], content=written.getvalue())


def _is_markup(sent: bytes) -> bool:
    """Say whether it begins as SVG does, whatever it is called, in whatever encoding, pressed or not."""
    head = sent[:1024].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return head.startswith((b"<", b"\x1f\x8b"))
