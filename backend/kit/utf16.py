"""Lengths as browsers count them: in UTF-16 code units, two for characters beyond the first plane."""


def units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
