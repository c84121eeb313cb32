"""One word for each kind, state and role: English here, Swedish in words.po."""

from __future__ import annotations

from web.language import Language, catalogue

WORDS: dict[str, dict[str, str]] = {
    "comment kind": {
        "general": "General",
        "technical": "On substance",
        "editorial": "Editorial",
    },
    "review": {
        "waiting": "Waits for review",
        "cleared": "Reviewed",
        "withheld": "Withheld",
    },
    "held back": {
        "waiting": "Shown after review",
        "withheld": "Withheld",
        "until_close": "Shown after the close",
    },
    "anchor": {
        "made": "As commented",
        "exact": "Unchanged",
        "moved": "Moved",
        "changed": "Text changed",
        "removed": "Text removed",
        "confirmed": "Confirmed by an officer",
    },
    "disposition": {
        "": "Not decided",
        "accepted": "Accepted",
        "accepted_in_part": "Accepted in part",
        "not_accepted": "Not accepted",
        "noted": "Noted",
        "out_of_scope": "Out of scope",
        "already_covered": "Already covered",
    },
    "answer": {
        "none": "No answer yet",
        "drafted": "Draft",
        "approved": "Approved",
        "published": "Published",
    },
    "consultation": {
        "planned": "Planned",
        "open": "Open",
        "closed": "Closed",
        "concluded": "Concluded",
    },
    "access": {
        "open": "Open to all",
        "invited": "Invited organisations",
        "internal": "Internal",
    },
    "display": {
        "at_once": "Shown at once",
        "after_review": "Shown after review",
        "after_close": "Shown after the close",
    },
    "revision": {
        "started": "In progress",
        "reviewed": "Reviewed",
        "adopted": "Adopted",
        "abandoned": "Abandoned",
    },
    "change": {
        "insert": "New passage",
        "replace": "New wording",
        "delete": "Passage removed",
        "move": "Passage moved",
    },
    "passage": {
        "heading": "Heading",
        "paragraph": "Paragraph",
        "item": "List item",
        "numbered": "Numbered item",
        "quote": "Quotation",
        "code": "Code",
        "table": "Table",
    },
    "organisation kind": {
        "region": "Region",
        "municipality": "Municipality",
        "university": "University",
        "union": "Trade union",
        "professional": "Professional association",
        "patient": "Patient organisation",
        "agency": "Government agency",
        "employer": "Employers' organisation",
        "council": "Council",
        "company": "Company",
        "other": "Other",
    },
    "role": {
        "officer": "Officer",
        "editor": "Editor",
        "chair": "Chair",
        "auditor": "Auditor",
        "reader": "Reader",
    },
    "demo role": {
        "stakeholder": "Stakeholder",
        "officer": "Officer",
        "editor": "Editor",
        "chair": "Chair",
        "deputy": "Deputy chair",
        "auditor": "Auditor",
    },
    "waiting": {
        "uncoded": "Without a theme",
        "unassigned": "With no officer",
        "ungathered": "In no issue",
        "undecided": "Undecided",
        "unreviewed": "Not reviewed",
        "withheld": "Withheld",
        "withdrawn": "Withdrawn",
        "settled": "Decided",
    },
    "issue state": {
        "undecided": "No disposition",
        "unanswered": "No answer",
        "drafted": "Answer to approve",
        "approved": "Answer to publish",
        "published": "Published",
    },
    "ground": {
        "gdpr_17_1_a": "The data is no longer needed (GDPR, article 17.1 a)",
        "gdpr_17_1_b": "Consent has been withdrawn (GDPR, article 17.1 b)",
        "gdpr_17_1_c": "The person objects to the processing (GDPR, article 17.1 c)",
        "gdpr_17_1_d": "The processing is unlawful (GDPR, article 17.1 d)",
        "gdpr_17_1_e": "A legal obligation requires it (GDPR, article 17.1 e)",
        "gdpr_17_1_f": "Collected from a child online (GDPR, article 17.1 f)",
        "disposal_decision": "Disposal by the authority's own decision",
        "ra_fs": "Disposal under general archive regulations (RA-FS)",
        "ra_ms": "Disposal under regulations for the authority (RA-MS)",
    },
    "basis": {
        "archives_act_3": "It is to be preserved (Archives Act, section 3)",
        "archives_act_10": "Nothing allows its disposal (Archives Act, section 10)",
        "gdpr_17_3_a": "Freedom of expression and information (GDPR, article 17.3 a)",
        "gdpr_17_3_b": "Legal obligation or public authority (GDPR, article 17.3 b)",
        "gdpr_17_3_c": "Public health (GDPR, article 17.3 c)",
        "gdpr_17_3_d": "Archiving in the public interest (GDPR, article 17.3 d)",
        "gdpr_17_3_e": "Legal claims (GDPR, article 17.3 e)",
        "no_ground": "No ground for erasure applies (GDPR, article 17.1)",
    },
    "reassessment": {
        "kept": "Kept",
        "lifted": "Lifted",
    },
    "erasure": {
        "requested": "Waits for a decision",
        "decided": "Approved, not yet carried out",
        "refused": "Refused",
        "carried_out": "Carried out",
    },
    "erasure kind": {
        "person": "A person's data",
        "comment": "A comment",
    },
    "thing": {
        "organisation": "Organisation",
        "person": "Person",
        "consultation": "Consultation",
        "proposal": "Proposal",
        "revision": "Revision",
        "comment": "Comment",
        "issue": "Issue",
        "erasure": "Erasure",
    },
    "field": {
        "title": "Title",
        "title_en": "Title in English",
        "summary": "Summary",
        "summary_en": "Summary in English",
        "diary_number": "Reference number",
        "assignment": "Assignment",
        "closes_at": "Deadline",
        "access": "Who may comment",
        "display": "When comments are shown",
        "edition": "Version",
        "themes": "Themes",
        "organisations": "Organisations",
        "reason": "Reason",
        "consultation": "Consultation",
        "order": "Order",
        "passages": "Number of passages",
        "source": "Source",
        "reference": "External reference",
        "revision": "Revision",
        "changes": "Number of changes",
        "placements": "Number of comments placed",
        "proposal": "Proposal",
        "base": "Starts from version",
        "change": "Change",
        "note": "Note",
        "anchor": "Place in the text",
        "placement": "Place in the newest version",
        "kind": "Kind",
        "text": "Text",
        "wording": "Proposed wording",
        "organisation": "Organisation",
        "officer": "Officer",
        "comments": "Comments",
        "split_from": "Split from",
        "issue": "Issue",
        "into": "Merged into",
        "disposition": "Disposition",
        "name": "Name",
        "number": "Organisation number",
        "county": "County",
        "care_regions": "Health-care regions",
        "email": "E-mail",
        "public_name": "Name may be shown",
        "begins": "Begins",
        "ends": "Ends",
        "role": "Role",
        "author": "Author",
        "made_at": "Made",
        "decision_ref": "Decision",
        "provision": "Provision",
        "outcome": "Outcome",
        "erasure": "Erasure",
        "target": "What is to be erased",
        "ground": "Legal ground",
        "basis": "Ground for refusing",
        "decision": "Position of the decision",
        "scopes": "What was erased",
    },
}
"""Sets of codes, each code with its English word; the set is the gettext context."""

TONES: dict[str, dict[str, str]] = {
    "review": {"waiting": "warning", "cleared": "success", "withheld": "danger"},
    "anchor": {
        "exact": "success",
        "confirmed": "success",
        "moved": "info",
        "changed": "warning",
        "removed": "danger",
    },
    "disposition": {
        "": "warning",
        "accepted": "success",
        "accepted_in_part": "success",
        "not_accepted": "danger",
        "already_covered": "info",
    },
    "answer": {"drafted": "warning", "approved": "info", "published": "success"},
    "consultation": {"open": "success", "planned": "info"},
    "erasure": {"requested": "warning", "decided": "danger", "refused": "info"},
    "revision": {"started": "warning", "reviewed": "info", "adopted": "success"},
    "change": {"insert": "success", "delete": "danger", "move": "info"},
}
"""The colour of a tag where it says something; the rest are neutral."""


def word(code: str, of: str, *, language: Language) -> str:
    """The reader's word for a code of a set; a code nobody knows stands as it is."""
    english = WORDS[of].get(code)
    if english is None:
        return code
    return catalogue(language).pgettext(of, english)


def tone(code: str, of: str) -> str:
    """The colour of the tag that shows a code: neutral when it says nothing."""
    return TONES.get(of, {}).get(code, "neutral")


def choices(of: str, language: Language) -> list[tuple[str, str]]:
    """Every code of a set with its word, for a form to choose from."""
    return [(code, word(code, of, language=language)) for code in WORDS[of]]
