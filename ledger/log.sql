-- The log: every recorded fact, in one order, for ever.
--
-- Run by `samrad migrate` as the owner, who may create roles; running it again changes
-- nothing. The application's role can read and call append(); nobody, the owner
-- included, can update, delete or truncate.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samrad_web') THEN
        CREATE ROLE samrad_web NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samrad_follower') THEN
        CREATE ROLE samrad_follower NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Roles belong to the whole server: a migration beside this one made them.
END $$;

CREATE SCHEMA IF NOT EXISTS log;
REVOKE ALL ON SCHEMA log FROM PUBLIC;
GRANT USAGE ON SCHEMA log TO samrad_web, samrad_follower;

CREATE TABLE IF NOT EXISTS log.entry (
    position           bigint      PRIMARY KEY CHECK (position > 0), -- dense, in commit order
    originator_id      uuid        NOT NULL,  -- the thing it happened to
    originator_version bigint      NOT NULL CHECK (originator_version > 0),
    topic              text        NOT NULL CHECK (topic ~ '^[A-Za-z0-9_.:]+$'),
    state              bytea       NOT NULL,  -- the event as JSON, exactly as it was handed in
    recorded_at        timestamptz NOT NULL,  -- the database's clock at the append
    UNIQUE (originator_id, originator_version)
);

-- One row. Its lock is what puts all appends in one order.
CREATE TABLE IF NOT EXISTS log.head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log.head (position) VALUES (0) ON CONFLICT DO NOTHING;

-- Appends batches of events, each batch whole or not at all, and returns the position of
-- every event handed in, or 0 for the events of a batch that conflicts: an event must
-- be the next version of its thing. Events already stored byte for byte get the
-- position that they have, so asking again after a lost connection is harmless.
CREATE OR REPLACE FUNCTION log.append(
    batches int[], ids uuid[], versions bigint[], topics text[], states bytea[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last      bigint;
    positions bigint[];
    known     bigint[];
    one       int;
    fits      boolean;
BEGIN
    SELECT h.position INTO STRICT last FROM log.head AS h FOR UPDATE;

    IF log.fits(ids, versions) THEN
        INSERT INTO log.entry
        SELECT last + n, id, version, topic, state, clock_timestamp()
          FROM unnest(ids, versions, topics, states) WITH ORDINALITY
            AS new (id, version, topic, state, n);
        UPDATE log.head SET position = last + cardinality(ids);
        PERFORM pg_notify('log', (last + cardinality(ids))::text);
        RETURN ARRAY(SELECT last + n FROM generate_series(1, cardinality(ids)) AS n);
    END IF;

    -- Something conflicts: take the batches one by one, so that only it is refused.
    positions := array_fill(0::bigint, ARRAY[cardinality(ids)]);
    FOR one IN SELECT DISTINCT batch FROM unnest(batches) AS batch ORDER BY batch LOOP
        SELECT array_agg(n ORDER BY n),
               log.fits(array_agg(id ORDER BY n), array_agg(version ORDER BY n))
          INTO known, fits
          FROM unnest(batches, ids, versions) WITH ORDINALITY AS new (batch, id, version, n)
         WHERE batch = one;
        IF fits THEN
            INSERT INTO log.entry
            SELECT last + row_number() OVER (ORDER BY n), ids[n], versions[n], topics[n],
                   states[n], clock_timestamp()
              FROM unnest(known) AS n;
            FOR i IN 1 .. cardinality(known) LOOP
                last := last + 1;
                positions[known[i]] := last;
            END LOOP;
        ELSE
            FOR i IN 1 .. cardinality(known) LOOP
                positions[known[i]] := coalesce(
                    (SELECT e.position FROM log.entry e
                      WHERE e.originator_id = ids[known[i]]
                        AND e.originator_version = versions[known[i]]
                        AND e.topic = topics[known[i]]
                        AND e.state = states[known[i]]), 0);
            END LOOP;
            IF 0 = ANY (SELECT positions[n] FROM unnest(known) AS n) THEN
                FOR i IN 1 .. cardinality(known) LOOP
                    positions[known[i]] := 0;
                END LOOP;
            END IF;
        END IF;
    END LOOP;
    UPDATE log.head SET position = last;
    PERFORM pg_notify('log', last::text);
    RETURN positions;
END $$;

-- Whether every event is the next version of its thing, given those before it in the list.
CREATE OR REPLACE FUNCTION log.fits(ids uuid[], versions bigint[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT id, version, lag(version) OVER (PARTITION BY id ORDER BY n) AS before
              FROM unnest(ids, versions) WITH ORDINALITY AS new (id, version, n)
        ) AS new
        WHERE CASE
            WHEN before IS NOT NULL THEN version <> before + 1
            ELSE EXISTS (SELECT FROM log.entry e
                          WHERE e.originator_id = id AND e.originator_version = version)
              OR version > 1
             AND NOT EXISTS (SELECT FROM log.entry e
                              WHERE e.originator_id = id
                                AND e.originator_version = version - 1)
        END)
$$;

CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on log.entry is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER entry_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log.entry
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

REVOKE ALL ON ALL TABLES IN SCHEMA log FROM PUBLIC, samrad_web, samrad_follower;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC, samrad_web, samrad_follower;
GRANT SELECT ON log.entry, log.head TO samrad_web, samrad_follower;
GRANT EXECUTE ON FUNCTION log.append TO samrad_web;
