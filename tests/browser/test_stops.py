"""A comment's whole way, from a reader's mind to the text and back, in the browser."""

from __future__ import annotations

import pytest

from tests.browser.rounds import a_round
from tests.browser.stops import Way
from tests.browser.windows import Windows


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_comment_changes_the_text_and_everybody_can_see_how(
    windows: Windows, scripts: bool
) -> None:
    way = Way(windows, a_round(windows.served.log), scripts)

    way.stakeholder_comments()
    way.officer_works_it_up()
    way.chair_approves()
    way.editor_revises()
    way.chair_publishes()
    way.stakeholder_sees_what_became_of_it()
    way.auditor_finds_all_of_it()
