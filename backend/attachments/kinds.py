"""What bytes are, by looking at them: nobody's word is taken for it. Decodes no image and opens no PDF."""

import re
from dataclasses import dataclass
from typing import Final

from backend.kit.errors import AppError
from backend.kit.http.file_names import file_name
from backend.kit.image_size import image_size

TEXT: Final = "text/plain"
PDF: Final = "application/pdf"
LONGEST_TEXT: Final = 1_000_000
"""In bytes: as long as a prompt may be."""
_MOST_PIXELS: Final = 100_000_000

_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF", "image/webp"),
)
# Line breaks, tabs and the escapes of terminals are in texts; the others are not.
_NOT_IN_TEXT: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_EXTENSION: Final = re.compile(r"[A-Za-z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Kind:
    media_type: str
    width: int | None = None
    height: int | None = None


def look(data: bytes) -> Kind:
    """Raises AppError for what no model could be given. Not for the loop."""
    if not data:
        raise AppError("The file is empty.", status=422, code="empty_file")
    for magic, media_type in _IMAGES:
        if data.startswith(magic):
            return _image(media_type, data)
    if data.startswith(b"%PDF-"):
        return Kind(PDF)
    if _is_text(data):
        if len(data) > LONGEST_TEXT:
            message = f"A text may have {LONGEST_TEXT:,} bytes at most."
            raise AppError(message, status=413, code="text_too_long")
        return Kind(TEXT)
    message = "Attachments are images (PNG, JPEG, GIF, WebP), PDF files, or texts in UTF-8."
    raise AppError(message, status=415, code="unsupported_media_type")


def tidy_name(given: str) -> str:
    """The last part of a path, without what is no letter to somebody: it is only ever shown."""
    last = re.split(r"[\\/]", given)[-1]
    stem, dot, extension = last.rpartition(".")
    if dot and stem and _EXTENSION.fullmatch(extension):
        return f"{file_name(stem, 'file')}.{extension}"
    return file_name(last, "file")


def parts_of_name(name: str) -> tuple[str, str]:
    """Of one that is tidy: without its extension, and that alone."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension) if dot else (name, "")


def _image(media_type: str, data: bytes) -> Kind:
    size = image_size(data)
    if size is None:
        raise AppError("This image is damaged.", status=422, code="damaged_image")
    width, height = size
    if width * height > _MOST_PIXELS:
        message = f"An image may have {_MOST_PIXELS // 1_000_000} megapixels at most, not {width} x {height}."
        raise AppError(message, status=413, code="image_too_large")
    return Kind(media_type, width, height)


def _is_text(data: bytes) -> bool:
    if _NOT_IN_TEXT.search(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
