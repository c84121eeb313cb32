-- What makes the log checkable by others: its tree in tiles, its signed checkpoints, and
-- what became of the checks. Everything here but the signatures follows from log.entry.
--
-- Run by `samrad migrate` as the owner, after log.sql; running it again changes nothing.
-- The notary's role writes; the web and the follower read.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samrad_notary') THEN
        CREATE ROLE samrad_notary NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Roles belong to the whole server: a migration beside this one made it.
END $$;

CREATE SCHEMA IF NOT EXISTS tlog;
REVOKE ALL ON SCHEMA tlog FROM PUBLIC;
GRANT USAGE ON SCHEMA tlog TO samrad_notary, samrad_web, samrad_follower;

-- 256 hashes of the tree beside each other, fewer at its right edge: at level n the
-- hashes over 256^n entries each (C2SP tlog-tiles).
CREATE TABLE IF NOT EXISTS tlog.tile (
    level int    NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    data  bytea  NOT NULL CHECK (octet_length(data) BETWEEN 32 AND 8192
                                 AND octet_length(data) % 32 = 0),
    PRIMARY KEY (level, index)
);
-- Hashes do not compress; trying costs time, and slicing would have to undo it.
ALTER TABLE tlog.tile ALTER COLUMN data SET STORAGE EXTERNAL;

-- How many of the log's entries the tiles hold, and the root of their tree.
CREATE TABLE IF NOT EXISTS tlog.integrated (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    size     bigint  NOT NULL CHECK (size >= 0),
    root     bytea   NOT NULL CHECK (octet_length(root) = 32)
);
INSERT INTO tlog.integrated VALUES (true, 0, sha256('')) ON CONFLICT DO NOTHING;

-- Every checkpoint that was published, the newest under the highest number. One that is
-- witnessed anew is a row of its own, of the same size.
CREATE TABLE IF NOT EXISTS tlog.checkpoint (
    number       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size         bigint      NOT NULL CHECK (size >= 0),
    note         bytea       NOT NULL,  -- signed, exactly as it is given out
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What keeps checkpoints from being published; no row when all is well.
CREATE TABLE IF NOT EXISTS tlog.alarm (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason   text        NOT NULL
);

-- The checks of the whole log that were asked for, begun and ended.
CREATE TABLE IF NOT EXISTS tlog.audit (
    number    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    asked_by  uuid,       -- NULL for the daily one
    began_at  timestamptz,
    ended_at  timestamptz,
    outcome   text        CHECK (outcome IN ('sound', 'tampered', 'undecided')),
    size      bigint,     -- how many entries were checked
    first_bad bigint,     -- the position of the first entry that is not right
    findings  jsonb       NOT NULL DEFAULT '[]',
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);

-- Asks for an audit, unless one is waiting already; returns its number.
CREATE OR REPLACE FUNCTION tlog.ask_for_audit(by uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found bigint;
BEGIN
    LOCK TABLE tlog.audit IN SHARE ROW EXCLUSIVE MODE;
    SELECT min(number) INTO found FROM tlog.audit WHERE began_at IS NULL;
    IF found IS NULL THEN
        INSERT INTO tlog.audit (asked_by) VALUES (by) RETURNING number INTO found;
        PERFORM pg_notify('audit', found::text);
    END IF;
    RETURN found;
END $$;

CREATE OR REPLACE FUNCTION tlog.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on tlog.% is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- A tile that is not full may get more hashes after those it has, and nothing else.
CREATE OR REPLACE FUNCTION tlog.refuse_other_hashes() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.level, NEW.index) IS DISTINCT FROM (OLD.level, OLD.index)
       OR octet_length(NEW.data) <= octet_length(OLD.data)
       OR substr(NEW.data, 1, octet_length(OLD.data)) IS DISTINCT FROM OLD.data
    THEN
        RAISE EXCEPTION 'tile %/% has other hashes already', OLD.level, OLD.index
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION tlog.refuse_to_shrink() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the tree has % entries already', OLD.size
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

-- What was published once stays so, and no more is published than the tiles show.
CREATE OR REPLACE FUNCTION tlog.refuse_wrong_size() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.size < (SELECT size FROM tlog.checkpoint ORDER BY number DESC LIMIT 1)
       OR NEW.size > (SELECT size FROM tlog.integrated)
    THEN
        RAISE EXCEPTION 'a checkpoint of % entries is refused', NEW.size
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER tile_is_only_extended BEFORE UPDATE ON tlog.tile
    FOR EACH ROW EXECUTE FUNCTION tlog.refuse_other_hashes();
CREATE OR REPLACE TRIGGER tile_is_never_deleted
    BEFORE DELETE OR TRUNCATE ON tlog.tile
    FOR EACH STATEMENT EXECUTE FUNCTION tlog.refuse_change();
CREATE OR REPLACE TRIGGER integrated_only_grows BEFORE UPDATE ON tlog.integrated
    FOR EACH ROW EXECUTE FUNCTION tlog.refuse_to_shrink();
CREATE OR REPLACE TRIGGER integrated_is_never_deleted
    BEFORE DELETE OR TRUNCATE ON tlog.integrated
    FOR EACH STATEMENT EXECUTE FUNCTION tlog.refuse_change();
CREATE OR REPLACE TRIGGER checkpoint_follows_the_last BEFORE INSERT ON tlog.checkpoint
    FOR EACH ROW EXECUTE FUNCTION tlog.refuse_wrong_size();
CREATE OR REPLACE TRIGGER checkpoint_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tlog.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION tlog.refuse_change();
CREATE OR REPLACE TRIGGER ended_audit_is_never_changed BEFORE UPDATE ON tlog.audit
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL)
    EXECUTE FUNCTION tlog.refuse_change();
CREATE OR REPLACE TRIGGER audit_is_never_deleted
    BEFORE DELETE OR TRUNCATE ON tlog.audit
    FOR EACH STATEMENT EXECUTE FUNCTION tlog.refuse_change();
-- Also in a session that sets session_replication_role to keep triggers from firing.
ALTER TABLE tlog.tile ENABLE ALWAYS TRIGGER tile_is_only_extended;
ALTER TABLE tlog.tile ENABLE ALWAYS TRIGGER tile_is_never_deleted;
ALTER TABLE tlog.integrated ENABLE ALWAYS TRIGGER integrated_only_grows;
ALTER TABLE tlog.integrated ENABLE ALWAYS TRIGGER integrated_is_never_deleted;
ALTER TABLE tlog.checkpoint ENABLE ALWAYS TRIGGER checkpoint_follows_the_last;
ALTER TABLE tlog.checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_never_changed;
ALTER TABLE tlog.audit ENABLE ALWAYS TRIGGER ended_audit_is_never_changed;
ALTER TABLE tlog.audit ENABLE ALWAYS TRIGGER audit_is_never_deleted;

REVOKE ALL ON ALL TABLES IN SCHEMA tlog
  FROM PUBLIC, samrad_notary, samrad_web, samrad_follower;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tlog
  FROM PUBLIC, samrad_notary, samrad_web, samrad_follower;
GRANT SELECT ON ALL TABLES IN SCHEMA tlog TO samrad_notary, samrad_web, samrad_follower;
GRANT INSERT, UPDATE (data) ON tlog.tile TO samrad_notary;
GRANT UPDATE (size, root) ON tlog.integrated TO samrad_notary;
GRANT INSERT (size, note) ON tlog.checkpoint TO samrad_notary;
GRANT INSERT, UPDATE, DELETE ON tlog.alarm TO samrad_notary;
GRANT INSERT, UPDATE ON tlog.audit TO samrad_notary;
GRANT EXECUTE ON FUNCTION tlog.ask_for_audit TO samrad_web, samrad_notary;
GRANT USAGE ON SCHEMA log TO samrad_notary;
GRANT SELECT ON log.entry, log.head TO samrad_notary;
