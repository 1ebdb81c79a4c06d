from tests.comparisons.shares.conftest import House


def test_somebody_with_an_account_is_let_in_as_far_as_said(house: House) -> None:
    assert house.access("vic") == 404
    for name, level in (("vic", "viewer"), ("cora", "commenter"), ("ed", "editor")):
        made = house.share(level, email=f" {name.upper()}@example.org")
        assert made["secret"] is made["url"] is None
        share = made["share"]
        assert (share["kind"], share["email"], share["level"]) == ("person", f"{name}@example.org", level)
        assert house.access(name) == level
        assert house.access(name, house.other) == 404
    assert house.access("eve") == 404
    assert [house.ask(name, "POST", f"/edit/{house.hers}").status_code for name in ("vic", "cora", "ed")] == [403, 403, 201]
