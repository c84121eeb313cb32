"""What eventsourcing is configured with: the recorder, and the mapper that seals.

Its PERSISTENCE_MODULE. `LOG_DATABASE_URL` names the database, `LOG_DATABASE_ROLE` the
role to act as there: samrad_web, or one that only reads. `KEYS_DATABASE_URL` and
`KEYS_FILE` say where the keys are that personal data is sealed with; without them
nothing sealed can be recorded or opened.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Mapper,
    OperationalError,
    ProcessRecorder,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import strtobool

from ledger.burial import bury
from ledger.keys import BadKeyFile, KeyFile, Keys
from ledger.recorder import LogRecorder
from ledger.sealing import SealingMapper


class LogFactory(InfrastructureFactory[TrackingRecorder]):
    """What eventsourcing asks for the recorder."""

    LOG_DATABASE_URL = "LOG_DATABASE_URL"
    LOG_DATABASE_ROLE = "LOG_DATABASE_ROLE"

    def application_recorder(self) -> ApplicationRecorder:
        """The one recorder there is."""
        refuse_unordered_appends(self.env)
        self._recorder = LogRecorder(self._url, role=self._role, keys=self._keys())
        return self._recorder

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[Mapper[Any]] | None = None,
    ) -> Mapper[Any]:
        """The mapper that seals and opens."""
        mapper = super().mapper(transcoder, mapper_class or SealingMapper)
        if isinstance(mapper, SealingMapper):
            mapper.keys = self._keys()
        return mapper

    @property
    def _url(self) -> str:
        if url := self.env.get(self.LOG_DATABASE_URL):
            return url
        raise OperationalError(f"{self.LOG_DATABASE_URL} does not name a database")

    @property
    def _role(self) -> str:
        return self.env.get(self.LOG_DATABASE_ROLE) or "samrad_web"

    def _keys(self) -> Keys | None:
        """The keys, opened once; None where none are named."""
        if not hasattr(self, "_opened_keys"):
            self._opened_keys = _keys_named(self.env, self._url, self._role)
        return self._opened_keys

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """No second recorder: snapshots would outlive an erasure."""
        self._not_kept(purpose)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """No tracking here: the follower keeps its own position."""
        self._not_kept("tracking")

    def process_recorder(self) -> ProcessRecorder:
        """No process recorder here."""
        self._not_kept("process")

    def _not_kept(self, what: str) -> NoReturn:
        raise NotImplementedError(f"{what}: only the log is kept")

    def close(self) -> None:
        """Close the recorder, if one was made."""
        if recorder := getattr(self, "_recorder", None):
            recorder.close()
        if keys := getattr(self, "_opened_keys", None):
            keys.close()


def _keys_named(env: Any, log: str, role: str) -> Keys | None:
    url, file = env.get("KEYS_DATABASE_URL"), env.get("KEYS_FILE")
    if not url or not file:
        return None

    def before_use(keys: Keys) -> None:
        with psycopg.connect(
            log, options=f"-c role={role}", connect_timeout=3
        ) as connection:
            bury(connection, keys)
            keys.lie_beside(connection)

    try:
        return Keys(url, KeyFile.read(Path(file)), before_use=before_use)
    except BadKeyFile as error:
        raise OperationalError(str(error)) from error


def refuse_unordered_appends(env: Any = os.environ) -> None:
    """Refuse eventsourcing's function mode.

    It inserts without a lock, so that a reader who tails the log misses entries
    (measured: 490 of 32,000 with 16 writers, eventsourcing 9.5.6).
    """
    name = "POSTGRES_ENABLE_DB_FUNCTIONS"
    value = env.get(name) or os.environ.get(name) or "n"
    if strtobool(value):
        raise OperationalError(
            f"{name}={value} is refused: it drops the lock that keeps the log in order."
            f" Remove {name} from the environment."
        )
