import logging
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.kit.master_key import MasterKey
from backend.kit.sealed import Sealer, SealError

OLD = MasterKey(b"an old secret that is long enough to be one")
NEW = MasterKey(b"a new secret that is long enough to be one")
CANARY = "sk-canary-0123456789-abcdef"
SEALER = Sealer(NEW, OLD)

texts = st.text(st.characters(exclude_categories=["Cs"]))
places = st.lists(texts, max_size=4)


@given(texts, places)
def test_what_is_sealed_opens_where_it_was_put(text: str, bound: list[str]) -> None:
    assert SEALER.open(SEALER.seal(text, *bound), *bound) == text


@given(texts, places, places)
def test_it_opens_nowhere_else(text: str, bound: list[str], elsewhere: list[str]) -> None:
    assume(bound != elsewhere)
    sealed = SEALER.seal(text, *bound)
    with pytest.raises(SealError):
        SEALER.open(sealed, *elsewhere)


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("key", "bob", "openai"),
        ("key", "alice", "groq"),
        ("key", "everyone", "openai"),
        ("link", "alice", "openai"),
        ("key", "openai", "alice"),
        ("key", "aliceopenai"),
        ("keyalice", "openai"),
        ("key", "alice", "openai", ""),
        ("key", "alice", "open", "ai"),
        (),
    ],
)
def test_a_seal_of_one_user_and_provider_is_none_of_another(elsewhere: Sequence[str]) -> None:
    sealed = SEALER.seal(CANARY, "key", "alice", "openai")
    with pytest.raises(SealError):
        SEALER.open(sealed, *elsewhere)


@given(texts, st.data())
def test_a_flipped_bit_is_noticed(text: str, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(text, "here"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealError):
        SEALER.open(bytes(sealed), "here")


def test_every_single_bit_of_one_is_watched() -> None:
    sealed = SEALER.seal(CANARY, "here")
    for bit in range(len(sealed) * 8):
        broken = bytearray(sealed)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            SEALER.open(bytes(broken), "here")


def test_a_part_of_one_or_more_than_one_does_not_open() -> None:
    sealed = SEALER.seal(CANARY, "here")
    for part in [sealed[:length] for length in range(len(sealed))] + [sealed + b"\0", b"\0" + sealed]:
        with pytest.raises(SealError):
            SEALER.open(part, "here")


@given(st.binary(max_size=80))
def test_what_nobody_sealed_does_not_open(noise: bytes) -> None:
    with pytest.raises(SealError):
        SEALER.open(noise)


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    assert len({SEALER.seal(CANARY, "here") for _ in range(200)}) == 200


def test_another_key_opens_nothing() -> None:
    with pytest.raises(SealError):
        Sealer(NEW).open(Sealer(OLD).seal(CANARY, "here"), "here")


def test_a_former_key_opens_and_the_current_one_seals() -> None:
    before = Sealer(OLD).seal(CANARY, "here")
    both = Sealer(NEW, OLD)
    assert both.open(before, "here") == CANARY
    assert not both.is_current(before)
    after = both.reseal(before, "here")
    assert both.is_current(after)
    assert Sealer(NEW).open(after, "here") == CANARY
    assert both.reseal(after, "here") is after


def test_a_text_is_not_resealed_for_another_place() -> None:
    with pytest.raises(SealError):
        Sealer(NEW, OLD).reseal(Sealer(OLD).seal(CANARY, "here"), "there")


def test_nothing_of_it_shows_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sealed = SEALER.seal(CANARY, "here")
    with pytest.raises(SealError) as raised:
        SEALER.open(sealed, "there")
    shown = [repr(SEALER), str(SEALER), repr(NEW), repr(raised.value), str(raised.value), caplog.text]
    shown += [repr(getattr(SEALER, name)) for name in Sealer.__slots__]
    secrets = [CANARY, "new secret", repr(NEW.derive("seal"))[2:-1], NEW.derive("seal").hex()]
    assert [word for word in secrets for text in shown if word in text] == []
    assert raised.value.__cause__ is None
    assert CANARY.encode() not in sealed
