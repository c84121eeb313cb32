"""Comments from a table: each on its words, in its version, for its author."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from cli.importing import BadRows, Outcome, content_of
from cli.importing.passages import NotFoundThere, Text
from cli.importing.proposal import choose
from cli.importing.senders import Senders
from cli.opening import NoSuch, Opened
from cli.progress import Report, Showing, progress
from domain.comment import Comment
from domain.filing import Filing, examine_filings, file_comments
from domain.log import Refused
from domain.proposal import Proposal
from projections.consultation import themes_of
from projections.lookup import NamedProposal, proposals_to_name
from web.formats.columns import BadRow
from web.formats.comments import CommentRow, Comments, read_comments

BATCH = 200
"""Comments that are recorded together."""


def import_comments(
    opened: Opened,
    file: Path,
    *,
    consultation: str,
    skip_bad: bool = False,
    by: str = "",
    showing: Showing = progress,
) -> Outcome:
    """Record a file's comments: all of them, or none while a row is bad.

    Raises BadRows, WrongFile, NoSuch, Refused.
    """
    opened.catch_up()
    place = opened.consultation(consultation).id
    actor = opened.actor(by)
    now = datetime.now(UTC)
    read = read_comments(content_of(file))
    reading = _Reading(opened, place, read)
    with showing("Finding what they are about") as report:
        comments, bad, already = reading.examine(actor, now, report)
    bad = sorted([*read.bad, *bad], key=lambda each: each.line)
    if bad and not skip_bad:
        raise BadRows(file, bad)
    reading.senders.register(
        {c.author for c in comments} | {c.organisation for c in comments}, actor, now
    )
    with showing("Recording") as report:
        for start in range(0, len(comments), BATCH):
            file_comments(opened.log, comments[start : start + BATCH])
            report(min(start + BATCH, len(comments)), len(comments))
    opened.catch_up()
    return Outcome(len(comments), already, bad, read.unread)


class _Reading:
    """Makes filings of rows, with what the consultation has in it."""

    def __init__(self, opened: Opened, consultation: UUID, read: Comments) -> None:
        self._opened = opened
        self._consultation = consultation
        self._rows = read.rows
        self._texts: dict[tuple[UUID, int], Text] = {}
        with opened.reads() as reads:
            self._proposals = proposals_to_name(reads, consultation)
            self._themes = {
                name.casefold(): theme.key
                for theme in themes_of(reads, consultation)
                for name in (theme.title_en, theme.title, theme.key)
            }
        self.senders = Senders(opened, consultation, read.rows)

    def examine(
        self, by: UUID, now: datetime, report: Report
    ) -> tuple[list[Comment], list[BadRow], int]:
        """The comments to record in the file's order, the bad rows, and how many are
        there already."""
        bad: list[BadRow] = []
        together: dict[tuple[UUID, int], list[tuple[CommentRow, Filing]]]
        together = defaultdict(list)
        for row in self._rows:
            try:
                filing = self._filing(row)
            except NotFoundThere as error:
                bad.append(BadRow(row.line, error.column, error.en, error.sv))
            else:
                together[filing.proposal, filing.edition].append((row, filing))
        ready: dict[int, Comment] = {}
        already = done = 0
        for pairs in together.values():
            filings = [filing for _, filing in pairs]
            for (row, _), found in zip(
                pairs,
                examine_filings(self._opened.log, filings, by=by, now=now),
                strict=True,
            ):
                match found:
                    case None:
                        already += 1
                    case Refused():
                        bad.append(BadRow(row.line, "", found.en, found.sv))
                    case Comment():
                        ready[row.line] = found
            done += len(pairs)
            report(done, len(self._rows))
        return [ready[line] for line in sorted(ready)], bad, already

    def _filing(self, row: CommentRow) -> Filing:
        proposal = self._proposal(row)
        edition = row.version or proposal.published
        if not 0 < edition <= proposal.published:
            raise NotFoundThere(
                "version",
                f"The newest published version is {proposal.published}.",
                f"Den senaste publicerade versionen är {proposal.published}.",
            )
        author, organisation = self.senders.of(row)
        return Filing(
            id=uuid5(self._consultation, f"comment {row.reference}"),
            proposal=proposal.id,
            edition=edition,
            anchor=self._text(proposal.id, edition).anchor(row),
            kind=row.kind,
            text=row.text,
            wording=row.wording,
            themes=tuple(map(self._theme, row.themes)),
            author=author,
            organisation=organisation,
            made_at=row.date,
            reference=row.reference,
        )

    def _proposal(self, row: CommentRow) -> NamedProposal:
        if not row.proposal and len(self._proposals) == 1:
            return self._proposals[0]
        try:
            return choose(self._proposals, row.proposal)
        except NoSuch as error:
            raise NotFoundThere("proposal", str(error), str(error)) from error

    def _text(self, proposal: UUID, edition: int) -> Text:
        key = proposal, edition
        if key not in self._texts:
            found = self._opened.log.look(Proposal, proposal)
            self._texts[key] = Text(found.texts[edition])
        return self._texts[key]

    def _theme(self, name: str) -> str:
        """The theme's key; a theme that is not in the codebook as it is written."""
        return self._themes.get(name.casefold(), name)
