"""The log in sentences: what each kind of entry says, with links to what it names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape
from starlette.requests import Request

from domain.log import SYSTEM
from projections.history import EntryRow, names_of
from projections.reads import Reads
from web.addresses import url
from web.dates import moment_text
from web.erased import known
from web.language import catalogue, language_of, say
from web.words import word

SENTENCES: dict[str, str] = {
    "organisation.registered": "%(actor)s registered the organisation %(thing)s.",
    "organisation.details_changed": "%(actor)s changed what is said of %(thing)s.",
    "person.registered": "%(thing)s was registered by %(actor)s.",
    "person.renamed": "%(actor)s changed the name or its showing for %(thing)s.",
    "person.mandate_given": "%(actor)s let %(thing)s speak for %(organisation)s.",
    "person.mandate_ended": "%(actor)s ended the mandate of %(thing)s for %(organisation)s.",
    "person.role_granted": "%(actor)s gave %(thing)s the role %(role)s in %(consultation)s.",
    "person.role_revoked": "%(actor)s took the role %(role)s in %(consultation)s from %(thing)s.",
    "person.hold_placed": "%(actor)s placed a hold on the data of %(thing)s: %(reason)s",
    "person.hold_lifted": "%(actor)s lifted the hold on the data of %(thing)s.",
    "person.erased": "%(actor)s erased the data of %(thing)s by %(erasure)s.",
    "consultation.planned": "%(actor)s planned the consultation %(thing)s.",
    "consultation.details_changed": "%(actor)s changed the description of %(thing)s.",
    "consultation.codebook_revised": "%(actor)s set edition %(edition)s of the codebook of %(thing)s.",
    "consultation.consultees_invited": "%(actor)s invited organisations to %(thing)s: %(organisations)s.",
    "consultation.consultees_removed": "%(actor)s took organisations off the list in %(thing)s: %(organisations)s. Reason: %(reason)s",
    "consultation.opened": "%(actor)s opened %(thing)s for comments.",
    "consultation.period_extended": "%(actor)s extended %(thing)s until %(closes_at)s: %(reason)s",
    "consultation.closed": "%(actor)s closed %(thing)s.",
    "consultation.reopened": "%(actor)s reopened %(thing)s until %(closes_at)s: %(reason)s",
    "consultation.concluded": "%(actor)s concluded %(thing)s.",
    "consultation.hold_placed": "%(actor)s placed a hold on %(thing)s: %(reason)s",
    "consultation.hold_lifted": "%(actor)s lifted the hold on %(thing)s.",
    "proposal.drafted": "%(actor)s entered the draft %(thing)s, with %(passages)s passages.",
    "proposal.redrafted": "%(actor)s replaced the draft %(thing)s, now with %(passages)s passages.",
    "proposal.revised": "%(actor)s made version %(edition)s of %(thing)s by adopting %(revision)s, with %(changes)s changes.",
    "proposal.anchors_placed": "%(placements)s comments were placed in version %(edition)s of %(thing)s.",
    "proposal.published": "%(actor)s published version %(edition)s of %(thing)s.",
    "proposal.withdrawn": "%(actor)s withdrew %(thing)s: %(reason)s",
    "revision.started": "%(actor)s started the revision %(thing)s of %(proposal)s, on version %(base)s.",
    "revision.change_made": "%(actor)s changed a passage in the revision %(thing)s: %(change)s.",
    "revision.change_dropped": "%(actor)s dropped a change from the revision %(thing)s.",
    "revision.moved": "%(actor)s moved the revision %(thing)s to version %(base)s.",
    "revision.reviewed": "%(actor)s reviewed the revision %(thing)s.",
    "revision.adopted": "%(actor)s adopted the revision %(thing)s as version %(edition)s.",
    "revision.abandoned": "%(actor)s abandoned the revision %(thing)s: %(reason)s",
    "comment.submitted": "%(actor)s submitted %(thing)s on %(proposal)s.",
    "comment.amended": "%(actor)s amended %(thing)s.",
    "comment.withdrawn": "%(actor)s withdrew %(thing)s.",
    "comment.cleared": "%(actor)s reviewed %(thing)s and let the public see it.",
    "comment.withheld": "%(actor)s withheld %(thing)s from the public: %(reason)s",
    "comment.coded": "%(actor)s coded %(thing)s with the themes: %(themes)s.",
    "comment.assigned": "%(actor)s assigned %(thing)s to %(officer)s.",
    "comment.anchor_confirmed": "%(actor)s settled where %(thing)s stands in version %(edition)s.",
    "comment.unpublished": "%(actor)s unpublished %(thing)s: %(reason)s",
    "comment.republished": "%(actor)s published %(thing)s again.",
    "comment.marked_secret": "%(actor)s marked %(thing)s as secret under %(provision)s.",
    "comment.secrecy_reassessed": "%(actor)s reassessed the secrecy of %(thing)s: %(outcome)s.",
    "comment.hold_placed": "%(actor)s placed a hold on %(thing)s: %(reason)s",
    "comment.hold_lifted": "%(actor)s lifted the hold on %(thing)s.",
    "comment.erased": "%(actor)s erased %(thing)s by %(erasure)s.",
    "issue.raised": "%(actor)s raised the issue %(thing)s, with %(comments)s.",
    "issue.renamed": "%(actor)s renamed the issue %(thing)s.",
    "issue.comments_gathered": "%(actor)s gathered in %(thing)s: %(comments)s.",
    "issue.comments_released": "%(actor)s released from %(thing)s: %(comments)s.",
    "issue.absorbed": "%(actor)s merged %(issue)s into %(thing)s.",
    "issue.merged": "%(actor)s ended %(thing)s by merging it into %(into)s.",
    "issue.disposition_decided": "%(actor)s decided on %(thing)s: %(disposition)s. %(reason)s",
    "issue.answer_drafted": "%(actor)s drafted an answer to %(thing)s.",
    "issue.answer_approved": "%(actor)s approved the answer to %(thing)s.",
    "issue.answer_published": "%(actor)s published the answer to %(thing)s.",
    "issue.unpublished": "%(actor)s unpublished the answer to %(thing)s: %(reason)s",
    "issue.republished": "%(actor)s published the answer to %(thing)s again.",
    "erasure.requested": "%(actor)s requested %(thing)s of %(target)s. Ground: %(ground)s.",
    "erasure.approved": "%(actor)s approved %(thing)s.",
    "erasure.refused": "%(actor)s refused %(thing)s. Legal ground: %(basis)s. %(reason)s",
    "erasure.carried_out": "%(actor)s carried out %(thing)s: what it was about can no longer be read.",
    "notary.key_rotated": "%(actor)s let the log be signed by a new key, %(new)s, beside the old one, %(old)s.",
}
"""By topic: English sentences from the catalogue. Every topic has one."""

CALLED: dict[str, str] = {
    "comment": "comment %(name)s",
    "issue": "“%(name)s”",
    "erasure": "erasure %(name)s",
}

NAMES_MANY = 6
"""How many things a sentence names before it says only how many there are."""


class Telling:
    """Tells entries in the visitor's language, having looked up all names at once."""

    def __init__(
        self, request: Request, reads: Reads, entries: Iterable[EntryRow]
    ) -> None:
        self._request = request
        self._language = language_of(request)
        entries = list(entries)
        self._homes = {e.thing: e.consultation for e in entries}
        self._names = names_of(reads, _ids_in(entries))

    def sentence(self, entry: EntryRow) -> Markup:
        """What happened, with links to the things: all that is filled in is escaped."""
        told = catalogue(self._language).gettext(SENTENCES[entry.topic])
        return escape(told) % _Details(self, entry)

    def name(self, id: UUID | None, *, linked: bool = True) -> Markup:
        """What a thing is called, as a link to its page or its history."""
        if id is None:
            return escape(say(self._request, "nobody"))
        if id == SYSTEM:
            return escape(say(self._request, "the operator"))
        kind, name = self._names.get(id, ("", ""))
        if not kind:
            return escape(str(id)[:8])
        called = say(self._request, CALLED[kind], name=name) if kind in CALLED else name
        called = known(called, id, linked=False)
        if not linked:
            return escape(called)
        address = url(self._request, "log.history", thing=id)
        return Markup('<a class="ds-link" href="{}">{}</a>').format(address, called)

    def value(self, entry: EntryRow, field: str) -> Any:
        """A place in a sentence, filled."""
        if field == "actor":
            return self.name(entry.actor)
        if field == "thing":
            return self.name(entry.thing)
        value = entry.detail.get(field)
        match field:
            case "consultation":
                if value is None:
                    return say(self._request, "all consultations")
                return self.name(UUID(value))
            case "proposal":
                return self.name(entry.proposal)
            case "role":
                return word(str(value), "role", language=self._language)
            case "disposition":
                return word(str(value), "disposition", language=self._language)
            case "change":
                return word(
                    (value or {}).get("op", ""), "change", language=self._language
                )
            case "ground" | "basis":
                return word(str(value), field, language=self._language)
            case "outcome":
                return word(str(value), "reassessment", language=self._language)
            case "closes_at":
                return moment_text(datetime.fromisoformat(str(value)), self._language)
            case "themes":
                return ", ".join(value) if value else say(self._request, "none")
            case (
                "officer"
                | "organisation"
                | "revision"
                | "into"
                | "issue"
                | "erasure"
                | "target"
            ):
                return self.name(UUID(value) if value else None)
            case "organisations" | "comments":
                return self._many(value)
        return "" if value is None else value

    def _many(self, value: list[str] | int | None) -> Markup:
        if not isinstance(value, list) or len(value) > NAMES_MANY:
            count = len(value) if isinstance(value, list) else value or 0
            return escape(say(self._request, "%(count)s in number", count=count))
        if not value:
            return escape(say(self._request, "none yet"))
        return Markup(", ").join(self.name(UUID(id)) for id in value)


class _Details(Mapping[str, Any]):
    def __init__(self, telling: Telling, entry: EntryRow) -> None:
        self._telling, self._entry = telling, entry

    def __getitem__(self, field: str) -> Any:
        return self._telling.value(self._entry, field)

    def __iter__(self) -> Any:
        return iter(self._entry.detail)

    def __len__(self) -> int:
        return len(self._entry.detail)


def _ids_in(entries: Collection[EntryRow]) -> set[UUID]:
    ids: set[UUID] = set()
    for entry in entries:
        ids |= {entry.actor, entry.thing}
        ids |= {id for id in (entry.proposal, entry.consultation) if id}
        for value in entry.detail.values():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and len(each) == 36:
                    try:
                        ids.add(UUID(each))
                    except ValueError:
                        continue
    return ids
