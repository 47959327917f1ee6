"""kinema's own watermark: 64 bits under the pixels of a clip, keyed, found again after cuts, crops and codecs.

marked = Watermark(key, identity).embed(frame)
found = detect("clip.mp4", key)          # found.id, found.log10_p, found.geometry
"""

from __future__ import annotations

from kinema.provenance.watermark.detector import Detection, Detector, detect
from kinema.provenance.watermark.embedder import SMALLEST, Marked, Watermark
from kinema.provenance.watermark.geometry import Geometry
from kinema.provenance.watermark.identities import Known

__all__ = ["SMALLEST", "Detection", "Detector", "Geometry", "Known", "Marked", "Watermark", "detect"]
