"""The registry as JSON lines: every row in the order of the log, and the signed head that covers them.

What can be read back is what a leaf covers, so anybody with the log's public key can check the file without kinema:
the bytes of a leaf are the schema's name, the time and the columns, each after its kind and its length (`covered`).
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from kinema.errors import UsageError
from kinema.provenance.registry.entry import Entry
from kinema.provenance.registry.registry import Registry
from kinema.provenance.registry.tables import ENTRIES, NOTICES


def export(registry: Registry, path: Path) -> int:
    """Rows written. The file is its owner's alone, and must not be there yet. Raises `UsageError` if it is."""
    count = 0
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(
            "--output", "must be a new file", got=str(error), next_step="Choose another."
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        for record in registry.records():
            table = ENTRIES if isinstance(record.content, Entry) else NOTICES
            values = [
                {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v
                for v in record.content.columns()
            ]
            columns = dict(zip(table.columns, values, strict=True))
            line = {"schema": table.schema, "leaf": record.leaf, "registered": record.registered, **columns}
            file.write(json.dumps(line) + "\n")
            count += 1
        file.write(json.dumps({"schema": "kinema.registry.head/1", "note": registry.checkpoint()}) + "\n")
    return count
