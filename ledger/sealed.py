"""Opens what is sealed in a log, where the keys are at hand, and holds it against it.

Only what has been erased may fail to open, and all that has been erased must.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from uuid import UUID

from ledger.findings import Check, Findings
from ledger.keys import Keys, NoKey
from ledger.sealing import NotTheSame, unseal
from ledger.sources import Batch

ERASED = ".erased"
"""How the topics end that say that a thing's key is destroyed."""


@dataclass(slots=True)
class _Erasure:
    """What was asked for, as it is stored, and where the approvals stand."""

    asked: bytes
    approvals: list[int] = field(default_factory=list)


class SealedCheck:
    """Checks entry after entry, and in the end the keys against the erasures."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._erased: dict[UUID, int] = {}
        self._closed: dict[UUID, tuple[int, str]] = {}
        self._destroyed = {
            scope: (str(decision), position)
            for scope, decision, position in self._keys.destroyed()
        }
        self._erasures: dict[str, _Erasure] = {}

    def take(self, batch: Batch, findings: Findings) -> None:
        """Open what is sealed in some entries. Raises what the key database raises."""
        assert batch.states is not None  # noqa: S101
        rows = list(
            zip(
                *(batch.positions, batch.things, batch.versions),
                *(batch.topics, batch.states),
                strict=True,
            )
        )
        for position, thing, _, topic, state in rows:
            if topic.endswith(ERASED):
                self._erased[UUID(thing)] = position
            elif topic == "erasure.requested":
                self._erasures[thing] = _Erasure(state.replace(b"-", b""))
            elif topic == "erasure.approved" and thing in self._erasures:
                self._erasures[thing].approvals.append(position)
        closed = [row for row in rows if b'"sealed":' in row[4]]
        try:
            keys = self._keys.fetch({UUID(thing) for _, thing, *_ in closed})
        except NoKey as error:
            position, thing, _, topic, _ = next(
                row for row in closed if not self._can_unwrap(UUID(row[1]))
            )
            said = f"keys from here on can not be unwrapped: {error}."
            findings.add(Check.NO_KEY, said, position, thing, topic)
            return
        for position, thing, version, topic, state in closed:
            said = ""
            check = Check.SEALED
            scope = UUID(thing)
            if scope not in keys:
                said = "its key is missing, and nobody has erased it."
                check = Check.NO_KEY
            elif (key := keys[scope]) is None:
                self._closed.setdefault(scope, (position, topic))
            else:
                try:
                    sealed = json.loads(state).get("sealed")
                    if sealed is not None:
                        unseal(sealed, key, scope, version, topic)
                except NotTheSame as error:
                    said = f"what is sealed in it does not open: {error}."
                except (
                    *(ValueError, TypeError, LookupError, AttributeError),
                    RecursionError,
                ):
                    said = "what is sealed in it can not be read."
            if said:
                findings.add(check, said, position, thing, topic)

    def end(self, findings: Findings) -> None:
        """Hold the destroyed keys against the entries that say what was erased."""
        for scope, (position, topic) in self._closed.items():
            if scope in self._erased:
                continue
            if self._is_decided(scope):
                findings.notes.append(
                    f"The erasure of {scope} is decided and its key destroyed, but the"
                    " log does not say so yet."
                )
                continue
            findings.add(
                Check.KEY_DESTROYED,
                "its key is destroyed, and no entry says that it was erased.",
                position,
                str(scope),
                topic,
            )
        destroyed = {scope for scope, _, _ in self._keys.destroyed()}
        for scope in self._erased.keys() - destroyed:
            if not self._can_unwrap(scope) or self._keys.fetch({scope}):
                findings.add(
                    Check.KEY_LEFT,
                    f"{scope} is erased here, and its key is still there.",
                    self._erased[scope],
                    str(scope),
                )

    def _can_unwrap(self, scope: UUID) -> bool:
        """Whether there is no key of a scope that is wrapped by one we lack."""
        try:
            self._keys.fetch({scope})
        except NoKey:
            return False
        return True

    def _is_decided(self, scope: UUID) -> bool:
        """Whether a key is destroyed by an erasure of this thing that two approved.

        Its tombstone names the erasure, and the position of the last approval.
        """
        id, position = self._destroyed.get(scope, ("", 0))
        erasure = self._erasures.get(id)
        return (
            erasure is not None
            and position in erasure.approvals[1:]
            and scope.hex.encode() in erasure.asked
        )
