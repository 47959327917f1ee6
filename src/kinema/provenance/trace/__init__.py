"""Where a clip comes from: manifest, watermark, fingerprint and registry asked in turn, and one answer of them.

found = trace("found.mp4", keyring, registry)      # found.verdict, found.words, found.as_dict()
"""

from __future__ import annotations

from kinema.provenance.trace.trace import Trace, trace
from kinema.provenance.trace.verdict import Verdict

__all__ = ["Trace", "Verdict", "trace"]
