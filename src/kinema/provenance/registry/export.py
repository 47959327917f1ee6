"""The registry as JSON lines: every row in the order of the log, and the signed head that covers them.

What can be read back is what a leaf covers, so anybody with the log's public key can check the file without kinema:
the bytes of a leaf are the schema's name, the time and the columns, each after its kind and its length (`covered`).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from kinema.errors import UsageError
from kinema.provenance.private_file import new_file
from kinema.provenance.registry.entry import Entry
from kinema.provenance.registry.registry import Record, Registry
from kinema.provenance.registry.tables import ENTRIES, NOTICES


def export(registry: Registry, path: Path) -> int:
    """Rows written. The file is its owner's alone, and must not be there yet. Raises `UsageError` if it is."""
    count = 0
    try:
        with new_file(path) as file:
            for record in registry.records():
                file.write(_line(_row(record)))
                count += 1
            file.write(_line({"schema": "kinema.registry.head/1", "note": registry.checkpoint()}))
    except FileExistsError as error:
        raise UsageError(
            "--output", "must be a new file", got=f"{path}, which is there", next_step="Choose another."
        ) from error
    return count


def _row(record: Record) -> dict[str, Any]:
    table = ENTRIES if isinstance(record.content, Entry) else NOTICES
    values = [
        {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v
        for v in record.content.columns()
    ]
    columns = dict(zip(table.columns, values, strict=True))
    return {"schema": table.schema, "leaf": record.leaf, "registered": record.registered, **columns}


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"
