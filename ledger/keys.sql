-- The vault: one key a scope, wrapped, and a tombstone for every destroyed one.
--
-- In a database of its own, so that its backups can be short-lived while those of the
-- log are kept for ever. Run as the owner; running it again changes nothing.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samrad_keys') THEN
        CREATE ROLE samrad_keys NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Roles belong to the whole server: a migration beside this one made it.
END $$;

CREATE SCHEMA IF NOT EXISTS vault;
REVOKE ALL ON SCHEMA vault FROM PUBLIC;
GRANT USAGE ON SCHEMA vault TO samrad_keys;

CREATE TABLE IF NOT EXISTS vault.key (
    scope      uuid        PRIMARY KEY,  -- the thing that is sealed with it
    wrapped    bytea       NOT NULL,     -- by AES Key Wrap (RFC 3394)
    wrapped_by text        NOT NULL,     -- the name of the key-encryption key
    made_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS key_by_wrapping ON vault.key (wrapped_by, scope);

CREATE TABLE IF NOT EXISTS vault.tombstone (
    scope        uuid        PRIMARY KEY,
    decision     uuid        NOT NULL,  -- the erasure
    position     bigint      NOT NULL,  -- of its decision in the log
    destroyed_at timestamptz NOT NULL DEFAULT now()
);

-- Keeps the keys of those scopes that have none and no tombstone. Returns the others,
-- with the keys that they have (NULL where there is a tombstone).
--
-- Where the log is in another database of the same server, the keys need not be on disk
-- yet: both write to one write-ahead log, in which they stand before the entries.
CREATE OR REPLACE FUNCTION vault.keep(
    scopes uuid[], wrapped bytea[], by text, before_others boolean
)
RETURNS TABLE (scope uuid, has bytea, has_by text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT set_config('synchronous_commit', 'off', true) WHERE before_others;

    INSERT INTO vault.key (scope, wrapped, wrapped_by)
    SELECT s, w, by FROM unnest(scopes, wrapped) AS new (s, w)
     WHERE NOT EXISTS (SELECT FROM vault.tombstone AS t WHERE t.scope = s)
     ORDER BY s -- so that two who keep the same ones do not lock each other out
    ON CONFLICT DO NOTHING;

    SELECT s, k.wrapped, k.wrapped_by
      FROM unnest(scopes, wrapped) AS new (s, w)
      LEFT JOIN vault.key AS k ON k.scope = s
     WHERE k.wrapped IS DISTINCT FROM w
$$;

CREATE OR REPLACE FUNCTION vault.destroy(gone uuid, decision uuid, at bigint)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO vault.tombstone (scope, decision, position)
    VALUES (gone, decision, at) ON CONFLICT DO NOTHING;
    DELETE FROM vault.key WHERE scope = gone;
$$;

CREATE OR REPLACE FUNCTION vault.rewrap(which uuid, new bytea, by text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ UPDATE vault.key SET wrapped = new, wrapped_by = by WHERE scope = which $$;

-- Also for the owner, and also when a backup is read back.
CREATE OR REPLACE FUNCTION vault.refuse_destroyed() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Wait for a destruction that is under way: its tombstone may not be seen yet.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(NEW.scope::text, 0));
    IF EXISTS (SELECT FROM vault.tombstone AS t WHERE t.scope = NEW.scope) THEN
        RAISE 'the key of % has been destroyed', NEW.scope USING ERRCODE = 'object_in_use';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER destroyed_key_stays_so BEFORE INSERT OR UPDATE ON vault.key
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_destroyed();
ALTER TABLE vault.key ENABLE ALWAYS TRIGGER destroyed_key_stays_so;

-- A tombstone that comes back with a backup takes its key away again.
CREATE OR REPLACE FUNCTION vault.bury() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.scope::text, 0));
    DELETE FROM vault.key WHERE scope = NEW.scope;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tombstone_takes_the_key BEFORE INSERT ON vault.tombstone
    FOR EACH ROW EXECUTE FUNCTION vault.bury();
ALTER TABLE vault.tombstone ENABLE ALWAYS TRIGGER tombstone_takes_the_key;

CREATE OR REPLACE FUNCTION vault.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a tombstone stands for ever: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER tombstone_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON vault.tombstone
    FOR EACH STATEMENT EXECUTE FUNCTION vault.refuse_change();
ALTER TABLE vault.tombstone ENABLE ALWAYS TRIGGER tombstone_is_never_changed;

REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC, samrad_keys;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC, samrad_keys;
GRANT SELECT ON vault.key, vault.tombstone TO samrad_keys;
GRANT EXECUTE ON FUNCTION vault.keep, vault.destroy, vault.rewrap TO samrad_keys;
