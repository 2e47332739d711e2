"""Who may ask `drapto serve` for what."""

from __future__ import annotations

import pytest

from drapto.serve.guard import Guard, is_loopback

EVERYWHERE = "0.0.0.0"  # noqa: S104  what is asked for

OWN = {"Host": "localhost:8373", "X-Drapto": "1", "Content-Type": "application/json"}
LOCAL, OPEN = Guard("127.0.0.1"), Guard(EVERYWHERE, "t" * 32, ("films.example",))
KNOWN = {"Authorization": f"Bearer {'t' * 32}"}


@pytest.mark.parametrize("host", ["localhost:8373", "127.0.0.1:8373", "[::1]:8373", "LOCALHOST"])
def test_this_machine_is_known(host: str) -> None:
    assert LOCAL.refuses("GET", {"Host": host}) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example:8373", "localhost.evil.example", "192.168.1.5:8373", "[", "a@b:c"]
)
def test_a_strangers_name_for_it_is_not(host: str) -> None:
    refusal = LOCAL.refuses("GET", {"Host": host})
    assert refusal is not None
    assert refusal.status == 421


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"X-Drapto": "0"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:9000"}, 403),
        ({"Origin": "https://localhost:8373"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Host": "evil.example"}, 421),
    ],
)
def test_what_changes_something_comes_from_its_own_page(changed: dict[str, str], status: int) -> None:
    refusal = LOCAL.refuses("POST", OWN | changed)
    assert refusal is not None
    assert refusal.status == status


@pytest.mark.parametrize("more", [{}, {"Origin": "http://localhost:8373", "Sec-Fetch-Site": "same-origin"}])
def test_its_own_page_may(more: dict[str, str]) -> None:
    assert LOCAL.refuses("POST", OWN | more) is None


@pytest.mark.parametrize("host", ["10.0.0.2:8373", "[fd00::1]:8373", "films.example", "localhost"])
def test_others_may_where_they_know_the_token(host: str) -> None:
    assert OPEN.refuses("GET", {"Host": host} | KNOWN) is None
    assert OPEN.refuses("GET", {"Host": host, "Cookie": f"a=b; drapto={'t' * 32}"}) is None
    for wrong in ({}, {"Cookie": "drapto=x"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        refusal = OPEN.refuses("GET", {"Host": host} | wrong)
        assert refusal is not None
        assert refusal.status == 401


def test_with_the_token_a_strangers_name_is_refused_all_the_same() -> None:
    refusal = OPEN.refuses("GET", {"Host": "evil.example"} | KNOWN)
    assert refusal is not None
    assert refusal.status == 421


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        (EVERYWHERE, False),
        ("nas", False),
        ("::", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone
