"""The stops of a comment's way, walked as people do it: each does one person's part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from playwright.sync_api import Dialog, Page, expect

from tests.browser.rounds import Round
from tests.browser.selecting import drag
from tests.browser.windows import Windows

OLD = "Regionerna ska erbjuda alla nyanställda en egen mentor."
NEW = "Regionerna ska erbjuda alla nyanställda en erfaren mentor i minst ett år."
QUOTED = "en egen mentor"
SAID = "En mentor som själv är ny hjälper ingen. Kräv erfarenhet."
ISSUE = "Mentorns erfarenhet"
ANSWER = "Vi håller med. Det står nu att mentorn ska vara erfaren."


@dataclass
class Way:
    """A comment's way through a round, in windows with or without scripts."""

    windows: Windows
    round: Round
    scripts: bool = True
    number: str = ""
    """The comment's number in the log, once it has one."""

    def stakeholder_comments(self) -> None:
        """Read the proposal, comment on some words in it, and get the receipt."""
        page = self._window(self.round.stakeholder)
        page.goto("/")
        page.get_by_role("link", name="Nationell plan").click()
        page.get_by_role("link", name="Förslag om arbetsmiljö").click()
        if self.scripts:
            drag(page, QUOTED)
            page.get_by_role("button", name="Kommentera markeringen").click()
        else:
            passage = self.round.passage(QUOTED).id
            page.locator(f"#p-{passage}").get_by_role("link", name="Kommentera").click()
            page.get_by_label("Ord som synpunkten gäller").fill(QUOTED)
        page.get_by_label("Din synpunkt").fill(SAID)
        page.get_by_label("Föreslagen lydelse").fill(NEW)
        page.get_by_label("I sak").check()
        page.get_by_role("button", name="Förhandsgranska").click()
        preview = page.locator("#preview")
        expect(preview).to_contain_text(SAID)
        expect(preview).to_contain_text(QUOTED)

        page.get_by_role("button", name="Lämna synpunkten").click()

        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Din synpunkt är registrerad"
        )
        self.number = page.locator("#receipt strong").inner_text()
        assert self.number.isdecimal()

    def officer_works_it_up(self) -> None:
        """Find it in the inbox, code it, gather it in an issue, decide and answer."""
        page = self._window(self.round.officer)
        page.goto("/work")
        page.locator(".desk-menu summary").click()
        page.get_by_role("link", name="Inkorg").click()
        row = page.locator(".inbox-row", has_text=f"Synpunkt {self.number}")
        expect(row).to_contain_text(SAID)

        row.get_by_role("checkbox").check()
        page.locator("summary", has_text="Tema").click()
        page.locator(".inbox-act").get_by_label("Tema").select_option("Arbetsmiljö")
        page.get_by_role("button", name="Lägg till").click()
        expect(row.locator(".tags")).to_contain_text("Arbetsmiljö")

        row.get_by_role("checkbox").check()
        page.locator("summary", has_text="Sakfråga").click()
        page.get_by_label("Rubrik på en ny sakfråga").fill(ISSUE)
        page.get_by_role("button", name="Samla").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(ISSUE)
        expect(page.locator("#comments")).to_contain_text(SAID)

        page.get_by_label("Tillgodoses", exact=True).check()
        page.get_by_label("Skäl").fill("Ligger i linje med uppdraget.")
        page.get_by_role("button", name="Spara bedömningen").click()
        page.get_by_label("Bemötande till alla i sakfrågan").fill(ANSWER)
        page.get_by_role("button", name="Spara utkastet").click()
        expect(page.locator("main > .tags")).to_contain_text("Tillgodoses")

    def chair_approves(self) -> None:
        """Approve the drafted answer."""
        page = self._issue(self._window(self.round.chair))
        page.get_by_role("button", name="Godkänn bemötandet").click()
        expect(page.locator("main > .tags")).to_contain_text("Godkänt")

    def editor_revises(self) -> None:
        """Reword the passage because of the issue, adopt, and publish version 2."""
        page = self._window(self.round.editor)
        page.goto(f"{self.round.address}/revisions")
        page.get_by_role("link", name="Starta en revidering").click()
        page.get_by_label("Förslag", exact=True).select_option("Förslag om arbetsmiljö")
        page.get_by_label("Rubrik").fill("Efter vårens synpunkter")
        page.get_by_role("button", name="Starta revideringen").click()

        passage = page.locator(f"#p-{self.round.passage(QUOTED).id}")
        passage.get_by_role("link", name="Redigera").click()
        page.get_by_label("Styckets text").fill(NEW)
        page.get_by_label("Skäl").fill("Mentorn ska kunna yrket.")
        page.get_by_label(ISSUE).check()
        page.get_by_role("button", name="Spara ändringen").click()
        expect(passage.locator("ins").first).to_contain_text("erfaren")

        page.get_by_role("link", name="Förhandsgranska och anta").click()
        expect(page.locator("main")).to_contain_text(ISSUE)
        if not self.scripts:
            page.get_by_role("link", name="Se var varje synpunkt får sin plats").click()
        expect(page.locator(".figures")).to_contain_text("ändrad")
        if not self.scripts:
            page.go_back()
        page.get_by_label("Anteckning från granskningen").fill("Läst av alla.")
        page.get_by_role("button", name="Revideringen är läst och klar").click()
        page.get_by_role("link", name="Anta revideringen").click()
        page.get_by_role("button", name="Anta och skapa version 2").click()

        page.get_by_role("link", name="Till publicering").click()
        if page.get_by_label("Publicera ändå").count():
            page.get_by_label("Publicera ändå").check()
        page.get_by_role("button", name="Publicera version 2").click()
        expect(page.locator("#alerts")).to_contain_text("Versionen är publicerad")

    def chair_publishes(self) -> None:
        """Publish the approved answer."""
        page = self._issue(self._window(self.round.chair))
        page.get_by_role("button", name="Publicera bemötandet").click()
        expect(page.locator("main > .tags")).to_contain_text("Publicerat")

    def stakeholder_sees_what_became_of_it(self) -> None:
        """Find the disposition, the answer and the changed words on the comment."""
        page = self._window(self.round.stakeholder)
        page.goto("/my/comments")
        page.get_by_role("link", name=f"synpunkt {self.number}").first.click()
        answer = page.locator("article.answer")
        expect(answer).to_contain_text("Tillgodoses")
        expect(answer).to_contain_text(ANSWER)
        expect(answer.locator("del").first).to_contain_text("egen")
        expect(answer.locator("ins").first).to_contain_text("erfaren")

    def auditor_finds_all_of_it(self) -> None:
        """Read the whole way in the log, and the text as it was before."""
        page = self._window(self.round.auditor)
        page.goto("/log")
        page.locator("select[name=consultation]").select_option(
            "Nationell plan för kompetensförsörjning"
        )
        page.get_by_role("button", name="Filtrera").click()
        entries = page.locator("#entries")
        for sentence in (
            f"Astrid Lind lämnade synpunkt {self.number} på Förslag om arbetsmiljö.",
            f"kodade synpunkt {self.number} med temana: work.",
            f"tog upp sakfrågan ”{ISSUE}”",
            "godkände bemötandet",
            "publicerade bemötandet",
            "antog revideringen Efter vårens synpunkter som version 2.",
            "publicerade version 2 av Förslag om arbetsmiljö.",
        ):
            expect(entries).to_contain_text(sentence)
        adopted = entries.locator("li", has_text="antog revideringen").first
        (position,) = re.findall(r"Löpnummer (\d+)", adopted.inner_text())

        page.goto(f"{self.round.text}?as_of={int(position) - 2}")
        expect(page.locator(".as-of")).to_contain_text(f"{int(position) - 2}")
        expect(page.locator("article")).to_contain_text(OLD)
        page.get_by_role("link", name="Tillbaka till nu").click()
        expect(page.locator(".as-of")).to_have_count(0)
        expect(page.locator("article")).to_contain_text(NEW)

    def _issue(self, page: Page) -> Page:
        page.goto(f"{self.round.address}/issues")
        page.get_by_role("link", name=ISSUE).click()
        return page

    def _window(self, person: UUID) -> Page:
        page = self.windows.open(person, javascript=self.scripts)
        page.on("dialog", Dialog.accept)
        return page
