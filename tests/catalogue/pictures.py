"""The first bytes of images of a given size, in each format."""

import struct


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height)


def jpeg(width: int, height: int) -> bytes:
    tables = b"\xff\xe0" + struct.pack(">H", 16) + bytes(14) + b"\xff\xc4" + struct.pack(">H", 4) + bytes(2)
    return b"\xff\xd8" + tables + b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)


def webp_lossy(width: int, height: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8 " + bytes(7) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)


def webp_lossless(width: int, height: int) -> bytes:
    bits = struct.pack("<I", width - 1 | height - 1 << 14)
    return b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + bits


def webp_extended(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\0\0\0\0WEBPVP8X" + bytes(4) + bytes(4) + size


FORMATS = (png, gif, jpeg, webp_lossy, webp_lossless, webp_extended)
