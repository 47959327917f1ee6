"""SQLite or PostgreSQL behind one narrow door: the same statements in both, `?` for a value.

What differs is listed in `Dialect`, and nothing else knows which it is. Statements are plain DB-API (PEP 249): the
registry has a score of them, which no query builder would make shorter. PostgreSQL needs the `postgres` extra.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from kinema.errors import MachineError, ProvenanceError
from kinema.provenance.private_file import folder_for, write_secret

WAIT: Final = 30.0
"""Seconds that a writer waits for another."""


@dataclass(frozen=True)
class Dialect:
    """How one database differs from the other."""

    bytes_type: str
    placeholder: str
    begin: tuple[str, ...]
    """Opens a transaction that reads."""
    begin_alone: tuple[str, ...]
    """Opens a transaction that no other writer can be in at the same time."""


SQLITE: Final = Dialect("BLOB", "?", ("BEGIN",), ("BEGIN IMMEDIATE",))
# The key of the advisory lock is "kinema" in ASCII; it is held until the transaction ends.
POSTGRES: Final = Dialect(
    "BYTEA",
    "%s",
    ("BEGIN ISOLATION LEVEL REPEATABLE READ",),
    ("BEGIN ISOLATION LEVEL READ COMMITTED", "SELECT pg_advisory_xact_lock(118107113416033)"),
)


class Database:
    """One connection, used by one thread at a time."""

    def __init__(self, connection: Any, dialect: Dialect, failures: type[Exception]) -> None:
        self._connection = connection
        self._dialect = dialect
        self._failures = failures
        self._lock = threading.RLock()
        self._inside = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One consistent view of all tables. Inside another transaction: a part of it."""
        with self._transaction(self._dialect.begin):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """All or nothing, and no other writer meanwhile."""
        with self._transaction(self._dialect.begin_alone):
            yield

    def run(self, statement: str, *values: object) -> None:
        """Change something."""
        self._execute(statement, values)

    def rows(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Ask for something; bytes come as `bytes`."""
        cursor = self._execute(statement, values)
        while some := cursor.fetchmany(256):
            for row in some:
                yield tuple(bytes(v) if isinstance(v, bytearray | memoryview) else v for v in row)

    def row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(self.rows(statement, *values), None)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    @contextmanager
    def _transaction(self, begin: tuple[str, ...]) -> Iterator[None]:
        with self._lock:
            if self._inside:
                yield
                return
            for statement in begin:
                self._execute(statement, ())
            self._inside = True
            try:
                yield
            except BaseException:
                self._execute("ROLLBACK", ())
                raise
            else:
                self._execute("COMMIT", ())
            finally:
                self._inside = False

    def _execute(self, statement: str, values: tuple[object, ...]) -> Any:
        text = statement.replace("BYTES", self._dialect.bytes_type).replace("?", self._dialect.placeholder)
        cursor = self._connection.cursor()
        try:
            cursor.execute(text, values)
        except self._failures as error:
            raise ProvenanceError(
                "registry database",
                "must do what it is asked",
                got=str(error)[:200],
                next_step="Is it the right file or server, is there room, may this user write?",
            ) from error
        return cursor


def open_database(location: str | Path) -> Database:
    """A path is SQLite, made private to its owner where there is none; `postgresql://user:password@host/name` is
    PostgreSQL, whose host may be a folder of sockets (`?host=/run/postgresql`)."""
    if str(location).startswith(("postgresql://", "postgres://")):
        return _postgres(str(location))
    path = Path(location)
    try:
        folder_for(path.parent)
        with suppress(FileExistsError):
            write_secret(path, b"")
        connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA trusted_schema = OFF")
    except (OSError, sqlite3.Error) as error:
        raise ProvenanceError(
            "registry database",
            "must be a SQLite file that can be opened",
            got=f"{path}: {error}",
            next_step="Set KINEMA_REGISTRY to another path, or restore the file.",
        ) from error
    return Database(connection, SQLITE, sqlite3.Error)


def _postgres(url: str) -> Database:
    try:
        import pg8000.dbapi as pg8000
    except ImportError as error:
        raise MachineError(
            "PostgreSQL", "needs a driver", got="no pg8000", next_step="pip install 'kinema[postgres]'"
        ) from error
    parts = urlsplit(url)
    sockets = parts.query.removeprefix("host=") if parts.query.startswith("host=") else ""
    port = parts.port or 5432
    where: dict[str, Any] = (
        {"unix_sock": f"{unquote(sockets)}/.s.PGSQL.{port}"}
        if sockets
        else {"host": parts.hostname or "localhost", "port": port}
    )
    password = unquote(parts.password) if parts.password else None
    try:
        connection = pg8000.connect(
            user=unquote(parts.username or "kinema"),
            password=password,
            database=parts.path.lstrip("/") or "kinema",
            **where,
        )
    except (pg8000.Error, OSError) as error:
        raise ProvenanceError(
            "registry database",
            "must be a PostgreSQL server that lets us in",
            got=str(error)[:200],
            next_step="Check host, name, user and password in KINEMA_REGISTRY.",
        ) from error
    connection.autocommit = True  # transactions are begun by name, as in SQLite
    return Database(connection, POSTGRES, pg8000.Error)
