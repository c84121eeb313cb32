"""Pages that change in place, where there are scripts: the rest of them stays put."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from cli.demo import people
from tests import story
from tests.browser.rounds import a_round
from tests.browser.samples import C, P, R
from tests.browser.windows import Windows

PROPOSAL = "/consultations/{consultation}/proposals/{proposal}".format_map(P)
INBOX = "/consultations/{consultation}/inbox".format_map(C)


def stays(page: Page) -> None:
    """Mark the page, so that one can tell it from a page that was loaded anew."""
    page.evaluate("() => { window.stayed = true; }")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("() => window.stayed === true"))


def test_comments_open_beside_their_passage_and_close_when_one_goes_on(
    demo_windows: Windows,
) -> None:
    page = demo_windows.open()
    page.goto(PROPOSAL)
    stays(page)
    summary = page.locator("details.beside summary").first
    comment = page.locator("details.beside").first.locator("h2").first
    summary.click()
    expect(comment).to_be_visible()
    comment.get_by_role("link").focus()
    page.keyboard.press("Escape")
    expect(comment).to_be_hidden()
    expect(summary).to_be_focused()

    page.keyboard.press("Enter")
    expect(comment).to_be_visible()
    page.locator("details.beside summary").nth(1).focus()
    expect(comment).to_be_hidden()
    assert stayed(page)


def test_the_inbox_is_narrowed_in_place_and_the_way_back_works(
    demo_windows: Windows,
) -> None:
    page = demo_windows.open(people()["officer"])
    page.goto(INBOX)
    all_of_them = page.locator("#comments").inner_text()
    stays(page)
    page.get_by_label("Ord i texten").fill("handledare")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=handledare**")

    assert stayed(page)
    expect(page.locator(".inbox-row").first).to_contain_text("handled")
    page.go_back()
    expect(page.locator("#comments")).to_have_text(all_of_them, use_inner_text=True)
    expect(page.get_by_label("Ord i texten")).to_have_value("")


def test_all_comments_on_a_page_of_the_inbox_are_ticked_at_once(
    demo_windows: Windows,
) -> None:
    page = demo_windows.open(people()["officer"])
    page.goto(INBOX)
    many = page.locator(".inbox-row").count()
    page.get_by_label("Alla på sidan").check()
    expect(page.locator(".inbox-row :checked")).to_have_count(many)
    page.get_by_label("Alla på sidan").uncheck()
    expect(page.locator(".inbox-row :checked")).to_have_count(0)


def test_a_passage_is_reworded_where_it_stands(demo_windows: Windows) -> None:
    page = demo_windows.open(people()["editor"])
    page.goto("/consultations/{consultation}/revisions/{revision}".format_map(R))
    stays(page)
    tools = page.locator(".work-tools").first
    passage = tools.locator("xpath=..")
    words = passage.locator(".change-text").inner_text()
    tools.get_by_role("link", name="Redigera").click()

    editor = page.get_by_label("Styckets text")
    expect(editor).to_be_focused()
    assert stayed(page)
    page.get_by_role("link", name="Avbryt", exact=True).click()
    expect(editor).to_have_count(0)
    expect(page.locator(".change-text").first).to_have_text(words)


def test_a_refusal_by_htmx_is_said_on_the_page_and_leaves_the_form(
    demo_windows: Windows,
) -> None:
    page = demo_windows.open(people()["officer"])
    page.goto("/consultations/{consultation}/issues/new".format_map(C))
    page.locator("#issue-form").evaluate("(form) => { form.noValidate = true; }")
    page.get_by_role("button", name="Ta upp sakfrågan").click()

    expect(page.locator("#wrong")).to_be_focused()
    expect(page.locator("#issue-form")).to_be_visible()
    demo_windows.forgive("422")


def test_what_a_comment_says_is_never_run(windows: Windows) -> None:
    round = a_round(windows.served.log)
    evil = (
        '<img src="x" onerror="alert(1)"> [länk](javascript:alert(1))'
        " <script>alert(1)</script>"
    )
    story.a_comment(round.log, round.proposal, 1, text=evil, by=round.stakeholder)
    page = windows.open(round.officer)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    for address in (round.text, f"{round.address}/comments", f"{round.address}/inbox"):
        page.goto(address)
        for link in page.get_by_role("link", name="länk", exact=True).all():
            link.click()

    assert asked == []
