"""Small files that are what they say, and some that are not."""

import struct
import zlib

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n2 0 obj<</Type /Page>>endobj\n%%EOF"
GIF = b"GIF89a\x02\x00\x01\x00\x00\x00\x00;"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(9) + b"\xff\xc0\x00\x11\x08\x00\x04\x00\x05" + bytes(12)
WEBP = b"RIFF\x1e\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 6 | 8 << 14) + bytes(8)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"


def png(width: int = 3, height: int = 2, note: bytes = b"") -> bytes:
    """A whole one; `note` makes it another."""
    rows = zlib.compress(b"".join(b"\0" + bytes(3 * width) for _ in range(height))) if width < 1000 else b""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"tEXt", b"n\0" + note))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, (*chunks, (b"IDAT", rows), (b"IEND", b""))))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, data = chunk
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
