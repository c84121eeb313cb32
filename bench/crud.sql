-- The plain reference: rows that say how it is now, as anyone would begin.

CREATE TABLE person (
    id uuid PRIMARY KEY, name text NOT NULL, public_name boolean NOT NULL
);
CREATE TABLE session (
    digest bytea PRIMARY KEY,
    person uuid NOT NULL REFERENCES person,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE organisation (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE proposal (
    id uuid PRIMARY KEY,
    consultation uuid NOT NULL,
    round text NOT NULL,
    title text NOT NULL,
    version int NOT NULL,
    closes_at timestamptz NOT NULL
);
CREATE TABLE passage (
    id uuid PRIMARY KEY,
    proposal uuid NOT NULL REFERENCES proposal,
    ord int NOT NULL,
    kind text NOT NULL,
    text text NOT NULL
);
CREATE INDEX ON passage (proposal, ord);
CREATE TABLE comment (
    id uuid PRIMARY KEY,
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    proposal uuid NOT NULL REFERENCES proposal,
    passage uuid REFERENCES passage,
    person uuid NOT NULL REFERENCES person,
    organisation uuid REFERENCES organisation,
    kind text NOT NULL,
    quote text NOT NULL,
    text text NOT NULL,
    wording text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON comment (proposal, number);
CREATE INDEX ON comment (proposal, passage);
