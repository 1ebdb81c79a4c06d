from backend.rooms.log import RoomLog, Window


def log_of(count: int, window: Window, every: float = 0.0) -> RoomLog:
    log = RoomLog(window)
    for number in range(1, count + 1):
        log.append(f"event {number}", 10, number * every)
    return log


def test_everything_after_a_position_is_given_in_order() -> None:
    log = log_of(5, Window())
    assert log.after(2, 0) == ["event 3", "event 4", "event 5"]
    assert log.after(5, 0) == []
    assert log.after(0, 0) == [f"event {number}" for number in range(1, 6)]


def test_a_position_that_has_not_been_reached_is_none() -> None:
    assert log_of(5, Window()).after(6, 0) is None
    assert log_of(5, Window()).after(10**30, 0) is None


def test_the_last_two_thousand_are_kept_and_never_a_part_of_what_was_missed() -> None:
    log = log_of(2003, Window())
    assert len(log.after(3, 0) or ()) == 2000
    assert log.after(2, 0) is None


def test_what_is_older_than_the_window_is_gone() -> None:
    log = log_of(10, Window(seconds=120), every=20)
    # Said at 20, 40, … 200 s; the window ends 120 s ago.
    assert log.after(3, 200) == [f"event {number}" for number in range(4, 11)]
    assert log.after(2, 200.5) is None
    assert log.after(10, 9999) == []
    assert log.after(9, 9999) is None


def test_no_more_is_kept_than_can_be_sent_at_once() -> None:
    log = log_of(10, Window(bytes=50))
    assert log.after(5, 0) == [f"event {number}" for number in range(6, 11)]
    assert log.after(4, 0) is None
    log.append("large", 60, 0)
    assert log.seq == 11
    assert log.after(10, 0) is None
    assert log.after(11, 0) == []
