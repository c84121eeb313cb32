"""The mark-up of passages is kept, and nothing in it is anything to forget."""

from __future__ import annotations

import gc
from typing import Any

from domain.log import Log
from tests.office import Office
from tests.web.conftest import Browsers
from web.pages import kept_passages


def everything_in(thing: object) -> list[str]:
    """Every text that a thing holds, however deep."""
    seen: set[int] = set()
    waiting: list[Any] = [thing]
    texts = []
    while waiting:
        one = waiting.pop()
        if id(one) in seen or (callable(one) and one is not thing):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            texts.append(str(one))
        waiting += gc.get_referents(one)
    return texts


def test_a_passage_is_made_once_and_again_when_something_beside_it_changes(
    browsers: Browsers, log: Log
) -> None:
    office = Office(log)
    address = f"/consultations/{office.round}/proposals/{office.proposal}"
    anyone = browsers.anyone()
    assert "1 synpunkt<" in anyone.get(address).text
    made = kept_passages("sv").cache_info().misses
    again = anyone.get(address)
    assert kept_passages("sv").cache_info().misses == made
    office.said()
    browsers.catch_up()
    assert "2 synpunkter<" in anyone.get(address).text
    assert kept_passages("sv").cache_info().misses == made + 1
    assert again.status_code == 200


def test_who_may_comment_is_not_kept_for_who_may_not(
    browsers: Browsers, log: Log
) -> None:
    office = Office(log)
    address = f"/consultations/{office.round}/proposals/{office.proposal}"
    anyone = browsers.anyone()
    assert "Kommentera" in anyone.get(address).text
    then = anyone.get(f"{address}?as_of={log.head() - 1}").text
    assert "comments/new" not in then
    assert f"as_of={log.head() - 1}" in then
    assert "as_of" not in anyone.get(address).text.replace('name="as_of"', "")


def test_nothing_that_can_be_erased_is_among_what_is_kept(
    browsers: Browsers, log: Log
) -> None:
    office = Office(log)
    comment = office.said(words="egen mentor")
    address = f"/consultations/{office.round}/proposals/{office.proposal}"
    for reader in (browsers.of(office.author), browsers.of(office.first)):
        page = reader.get(address).text
        assert '<mark class="commented">egen mentor</mark>' in page
        reader.get(f"/consultations/{office.round}/comments/{comment}")
    office.erase("comment", target=comment)
    browsers.catch_up()
    assert browsers.anyone().get(address).status_code == 200
    kept = everything_in(kept_passages("sv"))
    assert [text for text in kept if ">egen mentor</mark>" in text]
    for words in ("Hemligt.", "Astrid", str(office.author), str(comment)):
        assert not [text for text in kept if words in text]
