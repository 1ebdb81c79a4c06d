from backend.kit.recently_used import MadeWhenUsed, RecentlyUsed


def test_who_was_used_longest_ago_goes() -> None:
    kept: RecentlyUsed[str, int] = RecentlyUsed(2)
    kept["one"], kept["two"] = 1, 2
    assert kept.get("one") == 1
    kept["three"] = 3
    assert (kept.get("one"), kept.get("two"), kept.get("three")) == (1, None, 3)
    kept["one"] = 10
    kept["four"] = 4
    assert ("one" in kept, "three" in kept, len(kept)) == (True, False, 2)


def test_what_is_taken_or_stale_is_gone() -> None:
    kept: RecentlyUsed[str, int] = RecentlyUsed(9)
    for number in range(6):
        kept[str(number)] = number
    assert (kept.pop("0"), kept.pop("0")) == (0, None)
    kept.forget(lambda number: number % 2 == 1)
    assert [number for number in range(6) if str(number) in kept] == [2, 4]


def test_what_is_busy_stays_though_there_are_too_many() -> None:
    busy: set[int] = set()
    kept: MadeWhenUsed[str, list[int]] = MadeWhenUsed(list, lambda made: id(made) not in busy, most=2)
    one, two = kept["one"], kept["two"]
    busy |= {id(one), id(two)}
    kept["three"].append(3)
    assert (kept["one"] is one, kept["two"] is two, len(kept)) == (True, True, 3)
    busy.clear()
    kept["four"].append(4)
    assert ("three" in kept, len(kept)) == (False, 2)
    assert kept["two"] is two
