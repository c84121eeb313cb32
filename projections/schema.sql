-- Every table here is derived: drop the schema, replay the log, and it all comes back.
--
-- A row is valid from one position of the log to another and is never overwritten, but
-- for one thing: what is erased is overwritten in every row, whatever day it is of.
-- valid_to is NULL for the rows of now. The key of a table is its primary key without
-- valid_from; the follower reads that from the catalogue. Pages never read these tables
-- but the views of the same names in the schemas `now` and `past`, which the follower
-- makes: `past` shows the rows at the position that samrad.as_of names.
--
-- The follower runs this with the schema it builds in as the search path.

CREATE TABLE follower (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position   bigint      NOT NULL,   -- the newest entry that the tables have in them
    generation uuid        NOT NULL,   -- new with every rebuild
    blueprint  text        NOT NULL,   -- hash of this file, so that a change rebuilds
    stopped_at bigint,                 -- the entry that could not be applied, if any
    error      text,                   -- and what went wrong; never its content
    seen_at    timestamptz NOT NULL    -- when the follower last said that it is alive
);

-- The log as an auditor reads it: one row an entry, which is never closed.
CREATE TABLE entry (
    valid_from   bigint      NOT NULL PRIMARY KEY,  -- the entry's position
    at           timestamptz NOT NULL,   -- when it happened, as the event says
    topic        text        NOT NULL,
    kind         text        NOT NULL,   -- the kind of thing: the topic's first word
    thing        uuid        NOT NULL,
    version      bigint      NOT NULL,   -- of the thing
    actor        uuid        NOT NULL,
    consultation uuid,                   -- the round it belongs to, if it does
    proposal     uuid,                   -- the proposal it is about, if it is
    detail       jsonb       NOT NULL    -- what its sentence needs: ids, states, numbers
);
CREATE INDEX entry_of_thing ON entry (thing, valid_from);
CREATE INDEX entry_by_actor ON entry (actor, valid_from);
CREATE INDEX entry_by_kind ON entry (kind, valid_from);
CREATE INDEX entry_of_consultation ON entry (consultation, valid_from);
CREATE INDEX entry_at ON entry (at, valid_from);

CREATE TABLE organisation (
    id           uuid   NOT NULL,
    name         text   NOT NULL,
    sort_key     text   NOT NULL COLLATE "C",  -- domain.text.swedish_key(name)
    kind         text   NOT NULL,
    number       text   NOT NULL,              -- organisationsnummer, or empty
    county       text   NOT NULL,
    care_regions text[] NOT NULL,
    reference    text   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX organisation_now ON organisation (id) WHERE valid_to IS NULL;
CREATE INDEX organisation_sorted ON organisation (sort_key, id) WHERE valid_to IS NULL;

CREATE TABLE person (
    id          uuid    NOT NULL,
    name        text    NOT NULL,
    sort_key    text    NOT NULL COLLATE "C",
    email       text    NOT NULL,
    public_name boolean NOT NULL,  -- consents to the name being shown
    valid_from  bigint  NOT NULL,
    valid_to    bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX person_now ON person (id) WHERE valid_to IS NULL;
CREATE INDEX person_by_email ON person (lower(email)) WHERE valid_to IS NULL;

CREATE TABLE mandate (
    person       uuid        NOT NULL,
    organisation uuid        NOT NULL,
    begins       timestamptz NOT NULL,
    ends         timestamptz,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (person, organisation, valid_from)
);
CREATE UNIQUE INDEX mandate_now ON mandate (person, organisation) WHERE valid_to IS NULL;
CREATE INDEX mandate_for_organisation ON mandate (organisation) WHERE valid_to IS NULL;

-- The consultation 00000000-0000-0000-0000-000000000000 stands for all of them.
CREATE TABLE role (
    person       uuid   NOT NULL,
    consultation uuid   NOT NULL,
    role         text   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (person, consultation, role, valid_from)
);
CREATE UNIQUE INDEX role_now ON role (person, consultation, role) WHERE valid_to IS NULL;
CREATE INDEX role_in_consultation ON role (consultation, role) WHERE valid_to IS NULL;

CREATE TABLE consultation (
    id           uuid        NOT NULL,
    title        text        NOT NULL,
    title_en     text        NOT NULL,
    summary      text        NOT NULL,
    summary_en   text        NOT NULL,
    diary_number text        NOT NULL,
    assignment   text        NOT NULL,
    access       text        NOT NULL,   -- open, invited, internal
    display      text        NOT NULL,   -- at_once, after_review, after_close
    status       text        NOT NULL,   -- planned, open, closed, concluded
    closes_at    timestamptz NOT NULL,
    opened_at    timestamptz,
    edition      int         NOT NULL,   -- of the codebook, 0 for none
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX consultation_now ON consultation (id) WHERE valid_to IS NULL;
CREATE INDEX consultation_by_deadline ON consultation (closes_at, id, valid_from);
CREATE INDEX consultation_at_work ON consultation (closes_at, id)
    WHERE valid_to IS NULL AND status <> 'concluded';

CREATE TABLE theme (
    consultation uuid   NOT NULL,
    key          text   NOT NULL,
    ord          int    NOT NULL,
    title        text   NOT NULL,
    title_en     text   NOT NULL,
    description  text   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (consultation, key, valid_from)
);
CREATE UNIQUE INDEX theme_now ON theme (consultation, key) WHERE valid_to IS NULL;

CREATE TABLE consultee (
    consultation uuid   NOT NULL,
    organisation uuid   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (consultation, organisation, valid_from)
);
CREATE UNIQUE INDEX consultee_now ON consultee (consultation, organisation) WHERE valid_to IS NULL;
CREATE INDEX consultee_by_organisation ON consultee (organisation) WHERE valid_to IS NULL;

CREATE TABLE proposal (
    id           uuid    NOT NULL,
    consultation uuid    NOT NULL,
    title        text    NOT NULL,
    ord          int     NOT NULL,
    edition      int     NOT NULL,   -- the newest text
    published    int     NOT NULL,   -- the newest text that the public reads, 0 for none
    is_withdrawn boolean NOT NULL,
    source       text    NOT NULL,   -- the file that the draft came from
    reference    text    NOT NULL,
    valid_from   bigint  NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX proposal_now ON proposal (id) WHERE valid_to IS NULL;
CREATE INDEX proposal_of_consultation ON proposal (consultation, ord) WHERE valid_to IS NULL;

-- Every edition of a proposal: the order of its passages. Published, it is a version.
CREATE TABLE version (
    proposal     uuid        NOT NULL,
    edition      int         NOT NULL,
    passages     uuid[]      NOT NULL,   -- in reading order
    words        int         NOT NULL,
    revision     uuid,                   -- the revision that made it; NULL for the draft
    made_at      timestamptz NOT NULL,
    published_at timestamptz,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (proposal, edition, valid_from)
);
CREATE UNIQUE INDEX version_now ON version (proposal, edition) WHERE valid_to IS NULL;

-- A passage's text in the editions from `since` to before `until` (NULL: the newest).
CREATE TABLE passage (
    proposal   uuid   NOT NULL,
    id         uuid   NOT NULL,
    since      int    NOT NULL,
    until      int,
    kind       text   NOT NULL,
    level      int    NOT NULL,
    text       text   NOT NULL,
    marks      jsonb  NOT NULL,
    revision   uuid,                   -- the revision that brought this text
    change     uuid,                   -- and which of its changes
    valid_from bigint NOT NULL,
    valid_to   bigint,
    PRIMARY KEY (proposal, id, since, valid_from)
);
CREATE UNIQUE INDEX passage_now ON passage (proposal, id, since) WHERE valid_to IS NULL;

CREATE TABLE revision (
    id           uuid        NOT NULL,
    consultation uuid        NOT NULL,
    proposal     uuid        NOT NULL,
    base         int         NOT NULL,   -- the edition that it changes
    edition      int,                    -- the edition that it made, once adopted
    title        text        NOT NULL,
    state        text        NOT NULL,   -- started, reviewed, adopted, abandoned
    note         text        NOT NULL,   -- of the review, or why it was abandoned
    started_by   uuid        NOT NULL,
    started_at   timestamptz NOT NULL,
    adopted_at   timestamptz,
    reference    text        NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX revision_now ON revision (id) WHERE valid_to IS NULL;
CREATE INDEX revision_of_proposal ON revision (proposal) WHERE valid_to IS NULL;
CREATE INDEX revision_of_consultation ON revision (consultation) WHERE valid_to IS NULL;

CREATE TABLE change (
    revision   uuid   NOT NULL,
    id         uuid   NOT NULL,
    ord        bigint NOT NULL,      -- the order in which changes are made to the text
    op         text   NOT NULL,      -- insert, replace, delete, move
    passage    uuid   NOT NULL,
    after      uuid,                 -- for insert and move: NULL is first
    kind       text,
    level      int,
    text       text,
    marks      jsonb,
    reason     text   NOT NULL,
    issues     uuid[] NOT NULL,
    valid_from bigint NOT NULL,
    valid_to   bigint,
    PRIMARY KEY (revision, id, valid_from)
);
CREATE UNIQUE INDEX change_now ON change (revision, id) WHERE valid_to IS NULL;
CREATE INDEX change_of_passage ON change (passage) WHERE valid_to IS NULL;
CREATE INDEX change_for_issue ON change USING gin (issues) WHERE valid_to IS NULL;

CREATE TABLE comment (
    id           uuid        NOT NULL,
    consultation uuid        NOT NULL,
    proposal     uuid        NOT NULL,
    position     bigint      NOT NULL,   -- of its submission: the number on the receipt
    edition      int         NOT NULL,   -- the edition it was made on
    passage      uuid,                   -- as commented; NULL is the whole proposal
    start_at     int         NOT NULL,
    end_at       int         NOT NULL,
    quote        text        NOT NULL,
    prefix       text        NOT NULL,
    suffix       text        NOT NULL,
    kind         text        NOT NULL,   -- general, technical, editorial
    text         text        NOT NULL,
    wording      text        NOT NULL,   -- proposed wording, or empty
    author       uuid        NOT NULL,
    organisation uuid,
    submitted_at timestamptz NOT NULL,
    amended_at   timestamptz,
    is_withdrawn boolean     NOT NULL,
    review       text        NOT NULL,   -- waiting, cleared, withheld
    withheld     text        NOT NULL,   -- the reason, or empty
    unpublished  text        NOT NULL,   -- why it was taken down, or empty
    unpublished_ref text     NOT NULL,   -- by which decision
    secrecy      text        NOT NULL,   -- the provision it is marked secret under, or empty
    secrecy_note text        NOT NULL,
    is_erased    boolean     NOT NULL,
    officer      uuid,
    themes       text[]      NOT NULL,
    reference    text        NOT NULL,
    words        tsvector    GENERATED ALWAYS AS (
        to_tsvector('swedish', text || ' ' || wording || ' ' || quote)) STORED,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX comment_now ON comment (id) WHERE valid_to IS NULL;
CREATE INDEX comment_of_consultation ON comment (consultation, position)
    INCLUDE (is_withdrawn, unpublished) WHERE valid_to IS NULL;  -- enough to count by
CREATE INDEX comment_of_proposal ON comment (proposal, position) WHERE valid_to IS NULL;
-- These two are for the rows of any day: few ask for them, but nobody should read all.
CREATE INDEX comment_by_author ON comment (author, position, valid_from);
CREATE INDEX comment_by_organisation ON comment (organisation, position, valid_from);
CREATE INDEX comment_for_officer ON comment (consultation, officer, position) WHERE valid_to IS NULL;
CREATE INDEX comment_by_theme ON comment USING gin (themes) WHERE valid_to IS NULL;
CREATE INDEX comment_by_words ON comment USING gin (words) WHERE valid_to IS NULL;
-- The few that projections/sight.py has to know of before it shows any.
CREATE INDEX comment_closed_to_some ON comment (id)
    WHERE valid_to IS NULL AND (is_withdrawn OR review = 'withheld'
                                OR unpublished <> '' OR secrecy <> '');
CREATE INDEX comment_then ON comment (proposal, position, valid_from);
CREATE INDEX comment_in_consultation_then ON comment (consultation, position, valid_from)
    INCLUDE (valid_to, is_withdrawn, unpublished);

-- Where a comment stands in an edition: that it was made on, and each later one.
CREATE TABLE placement (
    comment    uuid    NOT NULL,
    proposal   uuid    NOT NULL,
    edition    int     NOT NULL,
    position   bigint  NOT NULL,     -- of the comment, to page by
    passage    uuid,                 -- NULL is the whole proposal
    start_at   int     NOT NULL,
    end_at     int     NOT NULL,
    state      text    NOT NULL,     -- made, exact, moved, changed, removed, confirmed
    certain    boolean NOT NULL,
    valid_from bigint  NOT NULL,
    valid_to   bigint,
    PRIMARY KEY (comment, edition, valid_from)
);
CREATE UNIQUE INDEX placement_now ON placement (comment, edition) WHERE valid_to IS NULL;
CREATE INDEX placement_on_passage ON placement (proposal, edition, passage, position) WHERE valid_to IS NULL;
CREATE INDEX placement_uncertain ON placement (proposal, edition, position)
    WHERE valid_to IS NULL AND NOT certain;
CREATE INDEX placement_then ON placement (proposal, edition, passage, position, valid_from);

CREATE TABLE issue (
    id                    uuid        NOT NULL,
    consultation          uuid        NOT NULL,
    proposal              uuid,
    position              bigint      NOT NULL,  -- of its raising: the number it is cited by
    title                 text        NOT NULL,
    disposition           text        NOT NULL,  -- empty while undecided
    reason                text        NOT NULL,
    answer                text        NOT NULL,
    answer_state          text        NOT NULL,  -- none, drafted, approved, published
    published_disposition text        NOT NULL,  -- what the public sees
    published_answer      text        NOT NULL,
    published_at          timestamptz,
    unpublished           text        NOT NULL,  -- why that was taken down, or empty
    unpublished_ref       text        NOT NULL,
    merged_into           uuid,
    split_from            uuid,
    reference             text        NOT NULL,
    gathered              int         NOT NULL,  -- how many comments, to page by
    valid_from            bigint      NOT NULL,
    valid_to              bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX issue_now ON issue (id) WHERE valid_to IS NULL;
CREATE INDEX issue_of_consultation ON issue (consultation, gathered, position) WHERE valid_to IS NULL;
CREATE INDEX issue_of_consultation_then ON issue (consultation, valid_from);

CREATE TABLE issue_comment (
    issue      uuid   NOT NULL,
    comment    uuid   NOT NULL,
    valid_from bigint NOT NULL,
    valid_to   bigint,
    PRIMARY KEY (issue, comment, valid_from)
);
CREATE UNIQUE INDEX issue_comment_now ON issue_comment (issue, comment) WHERE valid_to IS NULL;
CREATE INDEX issue_of_comment ON issue_comment (comment, issue) WHERE valid_to IS NULL;
CREATE INDEX issue_of_comment_then ON issue_comment (comment, valid_from);

-- What may not be erased: a person, a comment, or a consultation with all that is in it.
CREATE TABLE hold (
    thing        uuid        NOT NULL,
    kind         text        NOT NULL,   -- consultation, person, comment
    reason       text        NOT NULL,
    decision_ref text        NOT NULL,
    placed_by    uuid        NOT NULL,
    placed_at    timestamptz NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (thing, valid_from)
);
CREATE UNIQUE INDEX hold_now ON hold (thing) WHERE valid_to IS NULL;

CREATE TABLE erasure (
    id             uuid        NOT NULL,
    position       bigint      NOT NULL,  -- of the request: the number it is cited by
    kind           text        NOT NULL,  -- person, comment
    target         uuid        NOT NULL,
    comments       uuid[]      NOT NULL,  -- a person's, that go too
    consultation   uuid,                  -- a comment's
    ground         text        NOT NULL,
    decision_ref   text        NOT NULL,  -- empty until there is a decision to refer to
    note           text        NOT NULL,
    state          text        NOT NULL,  -- requested, decided, refused, carried_out
    requested_by   uuid        NOT NULL,
    requested_at   timestamptz NOT NULL,
    approvers      uuid[]      NOT NULL,
    decision       bigint,                -- position of the approval that decided it
    decided_at     timestamptz,
    basis          text        NOT NULL,  -- the legal ground it was refused on, or empty
    reason         text        NOT NULL,
    refused_by     uuid,
    refused_at     timestamptz,
    carried_out_at timestamptz,
    valid_from     bigint      NOT NULL,
    valid_to       bigint,
    PRIMARY KEY (id, valid_from)
);
CREATE UNIQUE INDEX erasure_now ON erasure (id) WHERE valid_to IS NULL;
CREATE INDEX erasure_waiting ON erasure (position)
    WHERE valid_to IS NULL AND state IN ('requested', 'decided');
CREATE INDEX erasure_settled ON erasure (position)
    WHERE valid_to IS NULL AND state IN ('refused', 'carried_out');
CREATE INDEX erasure_of_target ON erasure (target) WHERE valid_to IS NULL;

-- What has been erased. Its words are gone from every row, so pages of the past too ask
-- for it as it is now.
CREATE TABLE erased (
    thing        uuid        NOT NULL,
    kind         text        NOT NULL,   -- person, comment
    erasure      uuid        NOT NULL,
    at           timestamptz NOT NULL,
    ground       text        NOT NULL,
    decision_ref text        NOT NULL,
    approvers    uuid[]      NOT NULL,
    valid_from   bigint      NOT NULL,
    valid_to     bigint,
    PRIMARY KEY (thing, valid_from)
);
CREATE UNIQUE INDEX erased_now ON erased (thing) WHERE valid_to IS NULL;
