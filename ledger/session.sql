-- Who is signed in, and what it takes to sign in. None of this is in the log: rows live
-- for minutes or days, and losing them all costs nobody more than signing in again.
--
-- Run by `samrad migrate` as the owner, after log.sql; running it again changes nothing.
-- Tokens are never stored, only their SHA-256: whoever reads these tables can not act
-- as anybody.

CREATE SCHEMA IF NOT EXISTS session;
REVOKE ALL ON SCHEMA session FROM PUBLIC;
GRANT USAGE ON SCHEMA session TO samrad_web;

-- A browser that somebody is signed in with.
CREATE TABLE IF NOT EXISTS session.session (
    id       uuid        PRIMARY KEY,
    digest   bytea       NOT NULL UNIQUE CHECK (length(digest) = 32), -- of the cookie
    person   uuid        NOT NULL,
    browser  text        NOT NULL,  -- in words, so that one's own list can be read
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at  timestamptz NOT NULL DEFAULT now() -- to within some minutes
);
CREATE INDEX IF NOT EXISTS session_of_person ON session.session (person);
CREATE INDEX IF NOT EXISTS session_by_age ON session.session (seen_at);

-- A link that was sent by e-mail, or the step after it; deleted when it is used.
CREATE TABLE IF NOT EXISTS session.link (
    digest  bytea       PRIMARY KEY CHECK (length(digest) = 32),
    step    text        NOT NULL CHECK (step IN ('sign in', 'give name')),
    email   text        NOT NULL,
    next    text        NOT NULL,  -- where on this site the visitor was going
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS link_by_age ON session.link (made_at);

-- The id that a new e-mail address will have as a person, so that two first sign-ins at
-- once make one person. Needed only until the read tables know the person.
CREATE TABLE IF NOT EXISTS session.address (
    digest      bytea       PRIMARY KEY CHECK (length(digest) = 32), -- of the address
    person      uuid        NOT NULL,
    reserved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS address_by_age ON session.address (reserved_at);

-- How often somebody did something, as one instant: when all of it will be forgotten.
-- Each attempt moves it on by a fixed step, and it may lie at most so far ahead. It can
-- be lost in a crash, which is worth not waiting for the disk at every attempt.
CREATE UNLOGGED TABLE IF NOT EXISTS session.attempt (
    digest  bytea       PRIMARY KEY CHECK (length(digest) = 32), -- of who and what
    full_at timestamptz NOT NULL,
    refused boolean     NOT NULL  -- whether the latest attempt was one too many
);
CREATE INDEX IF NOT EXISTS attempt_by_age ON session.attempt (full_at);

-- What somebody had typed in a form when it took signing in to send it: kept until they
-- are back, and deleted when it is sent or after a day.
CREATE TABLE IF NOT EXISTS session.typed (
    digest  bytea       PRIMARY KEY CHECK (length(digest) = 32),
    fields  jsonb       NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS typed_by_age ON session.typed (kept_at);

GRANT SELECT, INSERT, UPDATE, DELETE
   ON session.session, session.link, session.address, session.attempt, session.typed
   TO samrad_web;
