"""A text that grows by pieces, each of which says where it begins. Knows nothing of rooms."""

from backend.kit.utf16 import units


class OutOfStep(Exception):  # noqa: N818 - reads as what it is
    """An event that cannot follow what is known: text is missing before it, or nobody has heard of its
    subject. Always a bug.
    """


class GrowingText:
    """Joined only when somebody reads it, so that a piece costs the same however long the text is."""

    __slots__ = ("_pieces", "grown", "length")

    def __init__(self, text: str) -> None:
        self._pieces = [text] if text else []
        self.length = units(text)
        self.grown = False
        """Since it was last read."""

    def add(self, offset: int, piece: str) -> None:
        """What is known already is not added again."""
        known = self.length - offset
        if known < 0:
            raise OutOfStep(f"a piece begins at {offset}, but the text ends at {self.length}")
        size = units(piece)
        if known < size:
            self._pieces.append(_from(piece, known) if known else piece)
            self.length += size - known
            self.grown = True

    def read(self) -> str:
        self.grown = False
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""


def _from(text: str, start: int) -> str:
    try:
        return text.encode("utf-16-le")[2 * start :].decode("utf-16-le")
    except UnicodeDecodeError:
        raise OutOfStep("a piece begins in the middle of a character") from None
