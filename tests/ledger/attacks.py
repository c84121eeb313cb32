"""What somebody with all rights in a database of 600 entries may do, one by one.

Each is some statements, the entry that is to be named, and what is found there.
"""

from __future__ import annotations

from typing import LiteralString

from ledger.findings import Check
from tests.ledger.tampering import ONE_BYTE, WITH_LEAF

TILE: LiteralString = (
    "UPDATE tlog.tile SET data = set_byte(data, {0}, get_byte(data, {0}) # 1)"
    " WHERE level = {1} AND index = {2}"
)
TILE_OF_300: LiteralString = TILE.format(32 * 43, 0, 1)

ATTACKS: dict[str, tuple[list[LiteralString], int | None, Check]] = {
    "one byte of an event is changed": ([ONE_BYTE], 300, Check.STATE),
    "an event is deleted": (
        ["DELETE FROM log.entry WHERE position = 300"], 300, Check.MISSING,
    ),
    "a tile's worth of events is deleted": (
        ["DELETE FROM log.entry WHERE position BETWEEN 250 AND 520"],
        250,
        Check.MISSING,
    ),
    "the first event is deleted": (
        ["DELETE FROM log.entry WHERE position = 1"], 1, Check.MISSING,
    ),
    "the newest event is deleted": (
        ["DELETE FROM log.entry WHERE position = 600"], 600, Check.CUT_OFF,
    ),
    "the newest hundred are deleted": (
        ["DELETE FROM log.entry WHERE position > 500"], 501, Check.CUT_OFF,
    ),
    "everything is deleted": (["DELETE FROM log.entry"], 1, Check.CUT_OFF),
    "an event is put in between": (
        [
            "UPDATE log.entry SET position = position + 9000 WHERE position > 299",
            "UPDATE log.entry SET position = position - 8999 WHERE position > 9000",
            "INSERT INTO log.entry SELECT 300, gen_random_uuid(), 1, topic, state,"
            " recorded_at, leaf FROM log.entry WHERE position = 299",
            WITH_LEAF,
        ],
        300,
        Check.LEAF,
    ),
    "an event of no next version is put at the end": (
        [
            "INSERT INTO log.entry SELECT 601, id, 7, topic, state, recorded_at,"
            " log.leaf(id, 7, topic, state, recorded_at, NULL)"
            " FROM log.entry, gen_random_uuid() AS id WHERE position = 600"
        ],
        601,
        Check.ORDER,
    ),
    "an event without its leaf is put at the end": (
        [
            "INSERT INTO log.entry SELECT 601, gen_random_uuid(), 1, topic, state,"
            " recorded_at, leaf FROM log.entry WHERE position = 600"
        ],
        601,
        Check.THING,
    ),
    "an event is recorded as before the last": (
        [
            "INSERT INTO log.entry SELECT 601, id, 1, topic, state, at,"
            " log.leaf(id, 1, topic, state, at, NULL)"
            " FROM (SELECT *, gen_random_uuid() AS id, recorded_at - interval '1 s'"
            " AS at FROM log.entry WHERE position = 600) AS last"
        ],
        601,
        Check.CLOCK,
    ),
    "two events change places": (
        [
            "UPDATE log.entry AS e SET state = other.state FROM log.entry AS other"
            " WHERE (e.position, other.position) IN ((300, 305), (305, 300))"
        ],
        300,
        Check.STATE,
    ),
    "an event becomes one of another kind": (
        ["UPDATE log.entry SET topic = 'test.other' WHERE position = 300"],
        300,
        Check.TOPIC,
    ),
    "an event becomes another version": (
        ["UPDATE log.entry SET originator_version = 9 WHERE position = 300"],
        300,
        Check.VERSION,
    ),
    "an event becomes one of another thing": (
        ["UPDATE log.entry SET originator_id = gen_random_uuid() WHERE position = 300"],
        300,
        Check.THING,
    ),
    "an event gets another time": (
        [
            "UPDATE log.entry SET recorded_at = recorded_at + interval '1 us'"
            " WHERE position = 600"
        ],
        600,
        Check.TIME,
    ),
    "a leaf is changed": (
        [
            "UPDATE log.entry SET leaf = set_byte(leaf, 3, get_byte(leaf, 3) # 1)"
            " WHERE position = 300"
        ],
        300,
        Check.ENVELOPE,
    ),
    "a leaf is brackets within brackets": (
        [
            "UPDATE log.entry SET leaf = repeat('[', 60000)::bytea"
            " WHERE position = 300"
        ],
        300,
        Check.ENVELOPE,
    ),
    "a leaf gets a commitment that nothing is behind": (
        [
            "UPDATE log.entry SET leaf = log.leaf(originator_id, originator_version,"
            " topic, state, recorded_at, sha256('')) WHERE position = 300"
        ],
        300,
        Check.COMMITMENT,
    ),
    "an event and its leaf are changed": ([ONE_BYTE, WITH_LEAF], 300, Check.LEAF),
    "a tile of leaves is changed": ([TILE_OF_300], 300, Check.LEAF),
    "a tile of tiles is changed": ([TILE.format(40, 1, 0)], 257, Check.TILE),
    "a tile of leaves is deleted": (
        ["DELETE FROM tlog.tile WHERE level = 0 AND index = 1"], 257, Check.TILE,
    ),
    "a tile of tiles is deleted": (
        ["DELETE FROM tlog.tile WHERE level = 1"], 1, Check.TILE,
    ),
    "a tile is shortened": (
        [
            "UPDATE tlog.tile SET data = substr(data, 1, 32 * 5)"
            " WHERE level = 0 AND index = 2"
        ],
        518,
        Check.TILE,
    ),
    "a tile has more than there is": (
        [
            "UPDATE tlog.tile SET data = data || sha256('')"
            " WHERE level = 0 AND index = 2"
        ],
        601,
        Check.TILE,
    ),
    "an event, its leaf and its tile are changed": (
        [
            ONE_BYTE,
            WITH_LEAF,
            "UPDATE tlog.tile SET data = overlay(data PLACING (SELECT"
            " sha256('\\x00' || leaf) FROM log.entry WHERE position = 300)"
            " FROM 32 * 43 + 1) WHERE level = 0 AND index = 1",
        ],
        257,
        Check.TILE,
    ),
    "the kept root is changed": (
        ["UPDATE tlog.integrated SET root = sha256('')"], None, Check.TILE,
    ),
    "the newest checkpoint is of another tree": (
        [
            "UPDATE tlog.checkpoint SET note = (SELECT note FROM tlog.checkpoint"
            " ORDER BY number LIMIT 1) WHERE size = 600"
        ],
        None,
        Check.CHECKPOINT,
    ),
    "a checkpoint is no checkpoint": (
        ["UPDATE tlog.checkpoint SET note = 'x' WHERE size = 400"],
        None,
        Check.SIGNATURE,
    ),
    "a signature is changed": (
        [
            "UPDATE tlog.checkpoint SET note = set_byte(note, 120,"
            " CASE get_byte(note, 120) WHEN 65 THEN 66 ELSE 65 END) WHERE size = 600"
        ],
        None,
        Check.SIGNATURE,
    ),
}  # fmt: skip
