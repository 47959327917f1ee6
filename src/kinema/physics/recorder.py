"""Puts a tape together while an engine runs: samples, contacts, cracks and the ledger. One for all
engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.forces import gravity_at, motion_over, pose_at, release_step
from kinema.physics.ledger import check_gain, kinetic_energy, not_finite, potential_energy
from kinema.physics.rotation import cross, rotate
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape
from kinema.physics.world import World, WorldBody

_SAMPLED = {"position": 3, "orientation": 4, "velocity": 3, "spin": 3}


@dataclass(kw_only=True)
class State:
    """All pieces of the world at one moment, world frame, float64. Engines fill it anew after every step."""

    position: Float[np.ndarray, "piece 3"]
    """Of the centre of mass [m]."""
    orientation: Float[np.ndarray, "piece 4"]
    """w, x, y, z"""
    velocity: Float[np.ndarray, "piece 3"]
    """[m/s]"""
    spin: Float[np.ndarray, "piece 3"]
    """[rad/s]"""
    gravity: Float[np.ndarray, "piece 3"]
    """That acts on the piece during the step that follows [m/s²]."""
    cluster: Int[np.ndarray, " piece"]
    """Pieces with the same number move as one."""


def centre_of_mass(body: WorldBody) -> Float[np.ndarray, 3]:
    """In the body's frame [m]."""
    mass = np.array([piece.mass for piece in body.pieces])
    rest = np.array([piece.rest for piece in body.pieces], float)
    return mass @ rest / mass.sum() if mass.sum() > 0 else rest.mean(0)


def initial_state(world: World) -> State:
    """The world at time 0. Gravity is that at each body's centre; bodies held until later have no speed
    yet."""
    n = len(world.geometry.piece_body)
    state = State(
        position=np.zeros((n, 3)),
        orientation=np.zeros((n, 4)),
        velocity=np.zeros((n, 3)),
        spin=np.zeros((n, 3)),
        gravity=np.zeros((n, 3)),
        cluster=np.zeros(n, np.int64),
    )
    step = float(world.clock.step)
    for number, body in enumerate(world.bodies):
        index = [piece.index for piece in body.pieces]
        origin, turn = pose_at(body, 0.0)
        rest = np.array([piece.rest for piece in body.pieces], float)
        centre = origin + rotate(turn, centre_of_mass(body))
        state.position[index] = origin + rotate(turn, rest)
        state.orientation[index] = turn
        state.gravity[index] = gravity_at(world.forces, centre[None])
        state.cluster[index] = number
        if body.motion == "kinematic":
            velocity, spin = motion_over(body, 0.0, step)
            pivot = origin
        elif body.motion == "dynamic" and release_step(body, world.clock.step) == 0:
            velocity, spin, pivot = np.asarray(body.velocity, float), np.asarray(body.spin, float), centre
        else:
            continue
        state.spin[index] = spin
        state.velocity[index] = velocity + cross(spin, state.position[index] - pivot)
    return state


class Recorder:
    """Call `record` once before the first step and once after each; `contacts` and `cracks` whenever there
    are."""

    def __init__(self, world: World, engine: str) -> None:
        self._world, self._engine = world, engine
        self._step = float(world.clock.step)
        n = len(world.geometry.piece_body)
        self._mass, self._inertia = np.zeros(n), np.zeros((n, 3, 3))
        for body in world.bodies:
            for piece in body.pieces if body.motion == "dynamic" else ():
                self._mass[piece.index], self._inertia[piece.index] = piece.mass, piece.inertia
        self._samples = {k: np.zeros((world.clock.samples, n, d), np.float32) for k, d in _SAMPLED.items()}
        self._cluster = np.zeros((world.clock.samples, n), np.int32)
        self._rows: list[tuple[float, float, float, float, float]] = []
        self._contacts: list[tuple[float, int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._cracks: list[tuple[float, np.ndarray, np.ndarray]] = []
        self._gravity: np.ndarray | None = None
        self._work = self._crack = 0.0
        self._weight = 0.0

    @property
    def steps(self) -> int:
        """Steps from the first sample to the last."""
        return (self._world.clock.samples - 1) * self._world.clock.steps_per_sample

    def record(self, state: State, *, elastic: float = 0.0, work: float = 0.0) -> None:
        """The state after a step (or at the start); energy in springs [J]; work given from outside since
        the last record [J], except that of a change of gravity, which is found here from the states."""
        index = len(self._rows)
        if self._gravity is not None and (state.gravity is not self._gravity):
            change = state.gravity - self._gravity
            self._work += potential_energy(self._mass, state.position, change)
        self._gravity = state.gravity.copy()
        self._work += work
        kinetic = kinetic_energy(self._mass, self._inertia, state.orientation, state.velocity, state.spin)
        potential = potential_energy(self._mass, state.position, state.gravity)
        if not np.isfinite(kinetic + potential + elastic + self._work):
            raise not_finite("state", index * self._step)
        self._weight = max(self._weight, float(self._mass @ np.linalg.norm(state.gravity, axis=1)))
        self._rows.append((kinetic, potential, elastic, self._crack, self._work))
        if index % self._world.clock.steps_per_sample == 0:
            sample = index // self._world.clock.steps_per_sample
            for name, rows in self._samples.items():
                rows[sample] = getattr(state, name)
            self._cluster[sample] = state.cluster

    def contacts(
        self,
        piece: Int[np.ndarray, "contact 2"],
        impulse: Float[np.ndarray, " contact"],
        point: Float[np.ndarray, "contact 3"],
        depth: Float[np.ndarray, " contact"],
    ) -> None:
        """What passed during the step that `record` is about to close: see `tape.Contacts`."""
        if len(impulse):
            self._contacts.append((len(self._rows) * self._step, len(impulse), piece, impulse, point, depth))

    def cracks(self, piece: Int[np.ndarray, "crack 2"], energy: Float[np.ndarray, " crack"]) -> None:
        """Bonds that broke during the step that `record` is about to close, and what each took [J]."""
        if len(energy):
            self._cracks.append((len(self._rows) * self._step, piece, energy))
            self._crack += float(energy.sum())

    def tape(self) -> Tape:
        """The tape. Raises `SimulationError` if energy came from nowhere."""
        ledger = self._ledger()
        check_gain(ledger, self._weight)
        clock = self._world.clock
        return Tape(
            engine=self._engine,
            seed=self._world.seed,
            world_hash=self._world.world_hash,
            rate=clock.rate * clock.samples_per_frame,
            samples_per_frame=clock.samples_per_frame,
            geometry=self._world.geometry,
            cluster=self._cluster,
            contacts=self._all_contacts(),
            cracks=Cracks(
                time=np.repeat([t for t, _, _ in self._cracks], [len(e) for _, _, e in self._cracks]).astype(
                    float
                ),
                piece=_joined([p for _, p, _ in self._cracks], (0, 2), np.int32),
                energy=_joined([e for _, _, e in self._cracks], (0,), np.float64),
            ),
            ledger=ledger,
            **self._samples,
        )

    def _ledger(self) -> Ledger:
        kinetic, potential, elastic, crack, work = np.array(self._rows).T
        return Ledger(
            time=np.arange(len(self._rows)) * self._step,
            kinetic=kinetic,
            potential=potential,
            elastic=elastic,
            crack=crack,
            work=work,
        )

    def _all_contacts(self) -> Contacts:
        _, _, piece, impulse, point, depth = zip(*self._contacts, strict=True) if self._contacts else [()] * 6
        return Contacts(
            time=_joined([np.full(n, t) for t, n, *_ in self._contacts], (0,), np.float64),
            piece=_joined(piece, (0, 2), np.int32),
            impulse=_joined(impulse, (0,), np.float32),
            point=_joined(point, (0, 3), np.float32),
            depth=_joined(depth, (0,), np.float32),
        )


def _joined(chunks: Sequence[np.ndarray], empty: tuple[int, ...], kind: type) -> np.ndarray:
    return np.concatenate(chunks).astype(kind) if len(chunks) else np.zeros(empty, kind)
