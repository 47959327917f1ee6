"""`Tape`: what happened. Everything a picture or a check needs, without the engine that made it.

Samples are evenly spaced: sample `k` is the world at `k / rate` seconds, and clip frame `f` opens its shutter at
sample `f * samples_per_frame`. There are enough samples for the frame after the last one, so that the last
frame has motion and an open shutter too.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import numpy as np
from jaxtyping import Float, Int, jaxtyped

from kinema.errors import MediaError
from kinema.media.arrays import array_in, unpacked
from kinema.physics.geometry import Geometry

FORMAT = "kinema.tape/1"


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """One row per touching pair of pieces per step in which an impulse passed between them."""

    time: Float[np.ndarray, " contact"]
    """World time at the end of the step [s]."""
    piece: Int[np.ndarray, "contact 2"]
    """The two pieces."""
    impulse: Float[np.ndarray, " contact"]
    """Summed magnitude of normal impulse over the step [N s]."""
    point: Float[np.ndarray, "contact 3"]
    """Impulse-weighted mean contact point, world [m]."""
    depth: Float[np.ndarray, " contact"]
    """Deepest overlap in the step [m], 0 if only touching."""


@dataclass(frozen=True, kw_only=True)
class Cracks:
    """One row per bond that broke."""

    time: Float[np.ndarray, " crack"]
    """World time [s]."""
    piece: Int[np.ndarray, "crack 2"]
    """The two pieces it had held together."""
    energy: Float[np.ndarray, " crack"]
    """Gc times crack area [J]."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Energy of all dynamic matter, one row per simulation step, the start included [J]. World time in `time`."""

    time: Float[np.ndarray, " step"]
    kinetic: Float[np.ndarray, " step"]
    potential: Float[np.ndarray, " step"]
    """Gravitational, from the world's origin along the gravity that acts on each body."""
    elastic: Float[np.ndarray, " step"]
    """In springs."""
    crack: Float[np.ndarray, " step"]
    """Spent on new surface so far."""
    work: Float[np.ndarray, " step"]
    """Given from outside so far: impulses, wind, moved bodies, releases, change of gravity."""

    @property
    def gain(self) -> Float[np.ndarray, " step"]:
        """Energy that came from nowhere [J]; physics allows none. Negative = dissipated."""
        total = self.kinetic + self.potential + self.elastic + self.crack - self.work
        return total - total[0]


@dataclass(frozen=True, kw_only=True)
class Tape:
    """World frame, SI, z up. Float32 poses keep micrometres over ten metres; the ledger is float64."""

    engine: str
    """Name and version of the engine, and its settings, as text."""
    seed: int
    world_hash: str
    """Of what was asked of the engine: `physics.build.world_hash(shot)`."""
    rate: Fraction
    """Samples per second of world time."""
    samples_per_frame: int
    geometry: Geometry
    position: Float[np.ndarray, "sample piece 3"]
    """Centre of mass of each piece [m], float32."""
    orientation: Float[np.ndarray, "sample piece 4"]
    """Unit quaternion w, x, y, z: piece frame to world, float32."""
    velocity: Float[np.ndarray, "sample piece 3"]
    """Of the centre of mass of each piece [m/s], float32."""
    spin: Float[np.ndarray, "sample piece 3"]
    """Angular velocity, world frame [rad/s], float32."""
    cluster: Int[np.ndarray, "sample piece"]
    """Pieces with the same number move as one rigid body at that sample, int32."""
    contacts: Contacts
    cracks: Cracks
    ledger: Ledger

    @property
    def frames(self) -> int:
        """Frames of the clip."""
        return (len(self.position) - 1) // self.samples_per_frame - 1

    def sample_at(self, frame: Fraction | int) -> Fraction:
        """Sample index, perhaps between two, of a moment counted in frames."""
        return Fraction(frame) * self.samples_per_frame

    def poses_at(self, frame: Fraction | float) -> tuple[np.ndarray, np.ndarray]:
        """Positions `(piece, 3)` [m] and quaternions `(piece, 4)` at a moment counted in frames.

        Between samples: linear for positions, normalised linear for rotations. A cubic through the known
        velocities would overshoot in the sample where an impact makes them jump.
        """
        moment = float(frame) * self.samples_per_frame
        k = int(np.clip(np.floor(moment), 0, len(self.position) - 2))
        t = float(np.clip(moment - k, 0.0, 1.0))
        if t == 0.0:
            return self.position[k].astype(float), self.orientation[k].astype(float)
        p0, p1 = self.position[k].astype(float), self.position[k + 1].astype(float)
        q0, q1 = self.orientation[k].astype(float), self.orientation[k + 1].astype(float)
        q1 = np.where((q0 * q1).sum(-1, keepdims=True) < 0, -q1, q1)
        q = (1 - t) * q0 + t * q1
        return (1 - t) * p0 + t * p1, q / np.linalg.norm(q, axis=-1, keepdims=True)

    def alive_at(self, frame: Fraction | float) -> np.ndarray:
        """Cluster number of each piece `(piece,)` at a moment counted in frames."""
        k = int(np.clip(np.floor(float(frame) * self.samples_per_frame), 0, len(self.cluster) - 1))
        return self.cluster[k]

    # --- one file, whose bytes depend on nothing but its content ------------------------------------------

    def save(self, path: str | Path) -> str:
        """Write atomically; return the content hash (SHA-256 of the file's bytes)."""
        path = Path(path)
        partial = path.with_suffix(path.suffix + ".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, blob in self._members():
                # A fixed date: the default is the clock, and then no two equal tapes would be equal files.
                archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), blob)
        digest = file_hash(partial)
        partial.replace(path)
        return digest

    def _members(self) -> list[tuple[str, bytes]]:
        header: dict[str, Any] = {
            "schema": FORMAT,
            "engine": self.engine,
            "seed": self.seed,
            "world_hash": self.world_hash,
            "rate": str(self.rate),
            "samples_per_frame": self.samples_per_frame,
            "bodies": self.geometry.bodies,
        }
        members = [("tape.json", json.dumps(header, indent=1).encode())]
        for group, part in (("", self), *((g, getattr(self, g)) for g in _GROUPS)):
            for field in fields(part):
                value = getattr(part, field.name)
                if isinstance(value, np.ndarray):
                    buffer = io.BytesIO()
                    np.lib.format.write_array(buffer, np.ascontiguousarray(value), allow_pickle=False)
                    members.append((f"{group}/{field.name}.npy".lstrip("/"), buffer.getvalue()))
        return members

    @classmethod
    def load(cls, path: str | Path) -> Tape:
        """Read a tape. Raises `MediaError` for a file that is not one."""
        path = Path(path)
        try:
            # Nothing in a tape is compressed: it cannot hold more than it weighs.
            with unpacked(path, most=path.stat().st_size) as archive:
                header = json.loads(archive.read("tape.json"))
                if header["schema"] != FORMAT:
                    raise ValueError(f"schema {header['schema']!r}")
                names = [name for name in archive.namelist() if name.endswith(".npy")]
                arrays = {name.removesuffix(".npy"): array_in(archive, name) for name in names}
            parts = {
                group: {k.split("/")[1]: v for k, v in arrays.items() if k.startswith(group + "/")}
                for group in _GROUPS
            }
            tape = cls(
                engine=header["engine"],
                seed=header["seed"],
                world_hash=header["world_hash"],
                rate=Fraction(header["rate"]),
                samples_per_frame=header["samples_per_frame"],
                geometry=Geometry(bodies=tuple(header["bodies"]), **parts["geometry"]),
                contacts=Contacts(**parts["contacts"]),
                cracks=Cracks(**parts["cracks"]),
                ledger=Ledger(**parts["ledger"]),
                **{k: v for k, v in arrays.items() if "/" not in k},
            )
            _refuse_unfit(tape)
        except (OSError, KeyError, ValueError, TypeError, ZeroDivisionError, IndexError) as error:
            raise MediaError(
                str(path),
                f"must be a {FORMAT} file",
                got=str(error)[:120],
                next_step="Simulate the shot again.",
            ) from error
        return tape


_GROUPS = ("geometry", "contacts", "cracks", "ledger")


def _refuse_unfit(tape: Tape) -> None:
    """Raise `ValueError` where shapes differ or an index has no target: compiled kernels do not look."""
    geometry = tape.geometry
    with jaxtyped("context"):  # an axis name is one length in all parts
        for part in (tape, *(getattr(tape, group) for group in _GROUPS)):
            for name, kind in get_type_hints(type(part)).items():
                if not isinstance(getattr(part, name), get_origin(kind) or kind):
                    raise ValueError(f"{name} does not fit the rest")
    pieces, none = len(geometry.piece_body), -1
    for name, index, low, count in (
        ("piece_body", geometry.piece_body, 0, len(geometry.bodies)),
        ("faces", geometry.faces, 0, len(geometry.vertices)),
        ("face_piece", geometry.face_piece, 0, pieces),
        ("face_neighbour", geometry.face_neighbour, none, pieces),
        ("contacts/piece", tape.contacts.piece, 0, pieces),
        ("cracks/piece", tape.cracks.piece, 0, pieces),
    ):
        if index.size and not low <= index.min() <= index.max() < count:
            raise ValueError(f"{name} points beyond {count}")
    texts = all(isinstance(name, str) for name in geometry.bodies)
    if not (
        texts
        and tape.samples_per_frame > 0
        and tape.rate > 0
        and len(tape.position) > 1
        and len(tape.ledger.time)
    ):
        raise ValueError("no bodies, no time or no samples")


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
