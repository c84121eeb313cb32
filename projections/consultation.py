"""Consultations with their period, codebook, and who is formally asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.consultation import Consultation
from domain.log import Entry
from projections.reads import Reads
from projections.rows import Rows


def project(entry: Entry, rows: Rows) -> None:
    """Keep consultations, themes and consultees in step with one event."""
    event = entry.event
    match event:
        case Consultation.Planned():
            rows.insert(
                "consultation",
                id=event.originator_id,
                title=event.title,
                title_en=event.title_en,
                summary=event.summary,
                summary_en=event.summary_en,
                diary_number=event.diary_number,
                assignment=event.assignment,
                access=event.access,
                display=event.display,
                status="planned",
                closes_at=event.closes_at,
                edition=0,
            )
        case Consultation.DetailsChanged():
            rows.change(
                "consultation",
                event.originator_id,
                title=event.title,
                title_en=event.title_en,
                summary=event.summary,
                summary_en=event.summary_en,
                diary_number=event.diary_number,
                assignment=event.assignment,
                access=event.access,
                display=event.display,
            )
        case Consultation.CodebookRevised():
            _revise_codebook(event, rows)
        case Consultation.ConsulteesInvited():
            for organisation in event.organisations:
                rows.insert(
                    "consultee",
                    consultation=event.originator_id,
                    organisation=organisation,
                )
        case Consultation.ConsulteesRemoved():
            for organisation in event.organisations:
                rows.close("consultee", event.originator_id, organisation)
        case Consultation.Opened():
            rows.change(
                "consultation",
                event.originator_id,
                status="open",
                opened_at=event.timestamp,
            )
        case Consultation.PeriodExtended():
            rows.change("consultation", event.originator_id, closes_at=event.closes_at)
        case Consultation.Closed():
            rows.change("consultation", event.originator_id, status="closed")
        case Consultation.Reopened():
            rows.change(
                "consultation",
                event.originator_id,
                status="open",
                closes_at=event.closes_at,
            )
        case Consultation.Concluded():
            rows.change("consultation", event.originator_id, status="concluded")


def _revise_codebook(event: Consultation.CodebookRevised, rows: Rows) -> None:
    consultation = event.originator_id
    rows.change("consultation", consultation, edition=event.edition)
    before = {row["key"]: row for row in rows.where("theme", consultation=consultation)}
    for key in before.keys() - {theme["key"] for theme in event.themes}:
        rows.close("theme", consultation, key)
    for ord, theme in enumerate(event.themes):
        values = {
            "ord": ord,
            "title": theme["title"],
            "title_en": theme.get("title_en", ""),
            "description": theme.get("description", ""),
        }
        old = before.get(theme["key"])
        if old is None:
            rows.insert("theme", consultation=consultation, key=theme["key"], **values)
        elif any(old[name] != value for name, value in values.items()):
            rows.change("theme", consultation, theme["key"], **values)


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    id: UUID
    title: str
    title_en: str
    summary: str
    summary_en: str
    diary_number: str
    assignment: str
    access: str
    display: str
    status: str
    closes_at: datetime
    opened_at: datetime | None
    edition: int

    def takes_comments(self, now: datetime) -> bool:
        """Whether a comment submitted at this moment would be in time."""
        return self.status == "open" and now < self.closes_at


_COLUMNS = (
    "id, title, title_en, summary, summary_en, diary_number, assignment, access,"
    " display, status, closes_at, opened_at, edition"
)


def consultation_by_id(reads: Reads, id: UUID) -> ConsultationRow | None:
    """One consultation, or None."""
    return reads.one(
        ConsultationRow,
        "SELECT " + _COLUMNS + " FROM consultation WHERE id = %s",
        (id,),
    )


def consultations(reads: Reads) -> list[ConsultationRow]:
    """Every consultation: open ones first by deadline, then the newest."""
    return reads.all(
        ConsultationRow,
        "SELECT " + _COLUMNS + " FROM consultation ORDER BY status <> 'open',"
        " CASE WHEN status = 'open' THEN closes_at END, closes_at DESC, id",
    )


@dataclass(frozen=True, slots=True)
class ThemeRow:
    key: str
    title: str
    title_en: str
    description: str


def themes_of(reads: Reads, consultation: UUID) -> list[ThemeRow]:
    """The codebook as it stands, in its order."""
    return reads.all(
        ThemeRow,
        "SELECT key, title, title_en, description FROM theme"
        " WHERE consultation = %s ORDER BY ord",
        (consultation,),
    )


def consultees_of(reads: Reads, consultation: UUID) -> frozenset[UUID]:
    """The organisations that are formally asked."""
    return frozenset(
        id
        for (id,) in reads.tuples(
            "SELECT organisation FROM consultee WHERE consultation = %s",
            (consultation,),
        )
    )


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A turn in a consultation's period, as the log has it."""

    at: datetime
    turn: str
    """opened, period_extended, closed, reopened or concluded."""
    closes_at: datetime | None
    """The deadline that was set."""
    reason: str


def period_of(reads: Reads, consultation: UUID) -> list[PeriodRow]:
    """How a consultation was opened, extended, closed and so on, in order."""
    return reads.all(
        PeriodRow,
        """
        SELECT at, split_part(topic, '.', 2) AS turn,
               (detail ->> 'closes_at')::timestamptz AS closes_at,
               coalesce(detail ->> 'reason', '') AS reason
          FROM entry
         WHERE thing = %s
           AND topic IN ('consultation.opened', 'consultation.period_extended',
                         'consultation.closed', 'consultation.reopened',
                         'consultation.concluded')
         ORDER BY valid_from
        """,
        (consultation,),
    )
