"""Registries in every database there is: SQLite always, PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_SERVER = Path(shutil.which("initdb") or "/usr/lib/postgresql/15/bin/initdb").resolve().parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a server of our own, on a socket in a folder of its own; gone afterwards."""
    if not (_SERVER / "initdb").exists():
        pytest.skip("no PostgreSQL server on this machine")
    pytest.importorskip("pg8000")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:  # not tmp_path: a socket's path is short
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # the server refuses root
            as_user = {"user": "nobody"}
            shutil.chown(folder, "nobody")
        cluster = f"{folder}/data"

        def run(*command: str) -> None:
            subprocess.run(command, check=True, capture_output=True, cwd=folder, **as_user)

        run(
            f"{_SERVER}/initdb",
            "-D",
            cluster,
            "-U",
            "kinema",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--locale=C",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(f"{_SERVER}/pg_ctl", "start", "-w", "-D", cluster, "-l", f"{folder}/log", "-o", options)
        try:
            yield f"postgresql://kinema@localhost/postgres?host={folder}"
        finally:
            run(f"{_SERVER}/pg_ctl", "stop", "-m", "immediate", "-D", cluster)


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "registry.sqlite")
    from kinema.provenance.registry.database import open_database

    url: str = request.getfixturevalue("postgres")
    database = open_database(url)
    with database.alone():
        database.run("DROP SCHEMA public CASCADE")
        database.run("CREATE SCHEMA public")
    database.close()
    return url


@pytest.fixture
def entries() -> Callable[[int], list[Any]]:
    """So many different clips, without pictures."""
    from kinema.provenance.registry import Entry

    def make(count: int, first: int = 1) -> list[Entry]:
        return [
            Entry(
                id=(0xF000 << 48) + number,  # beyond SQL's signed integers
                manifest_id=f"urn:c2pa:{number}",
                manifest=b"manifest %d" % number,
                clip_hash=bytes([number]) * 32,
                fingerprint=b"",
            )
            for number in range(first, first + count)
        ]

    return make


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A log's key, of a keyring of its own."""
    return _log_key(tmp_path_factory)


@pytest.fixture(scope="session")
def another_log(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The key of a log of somebody else."""
    return _log_key(tmp_path_factory)


def _log_key(factory: pytest.TempPathFactory) -> Any:
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.log.checkpoint import log_key

    return log_key(open_keyring(factory.mktemp("log") / "keys").keyring.checkpoint)
