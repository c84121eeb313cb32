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
    leaf               bytea       NOT NULL   -- what the tree hashes: log.leaf() of the above
                       CHECK (octet_length(leaf) < 65536),
    UNIQUE (originator_id, originator_version)
);

-- What has been erased: its keys must be gone whenever somebody opens the log.
CREATE INDEX IF NOT EXISTS entry_erased ON log.entry (position)
    WHERE topic LIKE '%.erased';

-- One row, which never changes: its lock is what puts all appends in one order. The head
-- is not kept in it but derived from the entries. A row that every append updates grows
-- a dead version at each, which one long-running reader (a backup) keeps alive: after
-- 40,000 appends beside one, an append took three times as long.
CREATE TABLE IF NOT EXISTS log.turn (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO log.turn VALUES (true) ON CONFLICT DO NOTHING;

-- The position of the newest entry, 0 for an empty log.
CREATE OR REPLACE VIEW log.head AS
SELECT coalesce(max(position), 0) AS position FROM log.entry;

-- The envelope of an entry, in the canonical form of RFC 8785: what is public about it,
-- and hashes of the rest. Nothing in it needs an escape. `commitment` is that to what is
-- sealed in the state, or NULL. ledger/envelope.py makes the same bytes.
CREATE OR REPLACE FUNCTION log.leaf(
    id uuid, version bigint, topic text, state bytea, at timestamptz, commitment bytea
) RETURNS bytea
LANGUAGE sql STABLE
RETURN convert_to(
    '{' || coalesce('"commit":"' || encode(commitment, 'base64') || '",', '')
    || '"oid":"' || id || '","over":' || version
    || ',"sha256":"' || encode(sha256(state), 'hex')
    || '","t":"' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","topic":"' || topic || '","v":1}', 'UTF8');

-- Appends batches of events, each batch whole or not at all, and returns the position of
-- every event handed in, or 0 for the events of a batch that conflicts: an event must
-- be the next version of its thing. A batch that is stored already, byte for byte, gets
-- the positions that it has, so asking again after a lost connection is harmless.
-- `commitments` has that to what each event has sealed, or NULL.
--
-- The clock may be set back; what is recorded later is never recorded as earlier.
CREATE OR REPLACE FUNCTION log.append(
    batches int[], ids uuid[], versions bigint[], topics text[], states bytea[],
    commitments bytea[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- Plans are made when the log is new and live as long as the connection. One that read
-- the whole log, cheap when it was empty, took 12 ms of an append at 19,000 entries.
SET enable_seqscan = off
AS $$
DECLARE
    shape     text := '[1:' || cardinality(ids) || ']';
    last      bigint;
    at        timestamptz;
    positions bigint[];
    own       int[]; -- where one batch's events are in the lists
    n         int;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- An older snapshot would not show what others appended before our turn came.
        RAISE 'log.append works in read committed transactions only';
    END IF;
    IF (array_dims(batches), array_dims(ids), array_dims(versions), array_dims(topics),
        array_dims(states), array_dims(commitments))
       IS DISTINCT FROM (shape, shape, shape, shape, shape, shape)
       OR array_position(batches, NULL) IS NOT NULL
    THEN
        RAISE 'log.append takes six lists of one length, from 1 on, with no batch unnamed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    PERFORM FROM log.turn FOR UPDATE;
    SELECT h.position INTO STRICT last FROM log.head AS h;
    at := greatest(clock_timestamp(),
                   (SELECT e.recorded_at FROM log.entry AS e WHERE e.position = last));

    IF log.fits(ids, versions) THEN
        INSERT INTO log.entry
        SELECT last + new.n, id, version, topic, state, at,
               log.leaf(id, version, topic, state, at, commitment)
          FROM unnest(ids, versions, topics, states, commitments) WITH ORDINALITY
            AS new (id, version, topic, state, commitment, n);
        PERFORM pg_notify('log', (last + cardinality(ids))::text);
        RETURN ARRAY(SELECT last + k FROM generate_series(1, cardinality(ids)) AS k);
    END IF;

    -- Something conflicts: take the batches one by one, so that only it is refused.
    positions := array_fill(0::bigint, ARRAY[cardinality(ids)]);
    FOR own IN
        SELECT array_agg(k::int ORDER BY k)
          FROM unnest(batches) WITH ORDINALITY AS new (batch, k)
         GROUP BY batch ORDER BY batch
    LOOP
        IF (SELECT log.fits(array_agg(ids[k] ORDER BY k), array_agg(versions[k] ORDER BY k))
              FROM unnest(own) AS k)
        THEN
            FOREACH n IN ARRAY own LOOP
                last := last + 1;
                positions[n] := last;
            END LOOP;
            INSERT INTO log.entry
            SELECT positions[k], ids[k], versions[k], topics[k], states[k], at,
                   log.leaf(ids[k], versions[k], topics[k], states[k], at, commitments[k])
              FROM unnest(own) AS k;
        ELSIF (SELECT bool_and(e.position IS NOT NULL)
                 FROM unnest(own) AS k
                 LEFT JOIN log.entry AS e
                   ON e.originator_id = ids[k] AND e.originator_version = versions[k]
                  AND e.topic = topics[k] AND e.state = states[k])
        THEN
            FOREACH n IN ARRAY own LOOP
                positions[n] := (
                    SELECT e.position FROM log.entry AS e
                     WHERE e.originator_id = ids[n]
                       AND e.originator_version = versions[n]);
            END LOOP;
        END IF;
    END LOOP;
    PERFORM pg_notify('log', last::text);
    RETURN positions;
END $$;

-- Whether every event is the next version of its thing, given those before it in the list.
CREATE OR REPLACE FUNCTION log.fits(ids uuid[], versions bigint[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT id, version, row_number() OVER (PARTITION BY id ORDER BY n) AS nth
              FROM unnest(ids, versions) WITH ORDINALITY AS new (id, version, n)
        ) AS new
        WHERE version IS DISTINCT FROM nth + coalesce(
            (SELECT e.originator_version FROM log.entry AS e
              WHERE e.originator_id = id ORDER BY e.originator_version DESC LIMIT 1), 0))
$$;

CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on log.entry is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER entry_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log.entry
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
-- Also in a session that sets session_replication_role to keep triggers from firing.
ALTER TABLE log.entry ENABLE ALWAYS TRIGGER entry_is_never_changed;

REVOKE ALL ON ALL TABLES IN SCHEMA log FROM PUBLIC, samrad_web, samrad_follower;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC, samrad_web, samrad_follower;
GRANT SELECT ON log.entry, log.head TO samrad_web, samrad_follower;
GRANT EXECUTE ON FUNCTION log.append TO samrad_web;
