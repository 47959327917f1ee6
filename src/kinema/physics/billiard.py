"""Bodies whose course is a chain of closed forms: they fly, bounce, collide, skid, roll, slide and rest.

From event to event every body follows one closed form; the next event is the smallest root of a polynomial in
time. Nothing is stepped. Spheres against planes and spheres, flat bodies on planes, and what meets nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.polynomial import Polynomial

from kinema.errors import SimulationError, UsageError
from kinema.physics.closed_forms import WALL, Ball, Held, Motion, Skid, Steady, first_fall, impact
from kinema.physics.ledger import kinetic_energy
from kinema.physics.rotation import rotate, unrotate
from kinema.physics.standing import Stand, flat_on_plane, footprint, holds_up, sphere_on_plane
from kinema.physics.world import World, WorldBody, friction_between, restitution_between
from kinema.shot.force import Push

TOUCH = 1e-6
"""Gap below which a body stands on a plane [m]."""
EVENTS = 100_000

Event = tuple[float, Callable[[], None]]


def refuse(name: str, got: object) -> UsageError:
    """The one answer to a world without closed form."""
    return UsageError(
        name,
        "must have a closed form: flight, spheres on planes and spheres, flat bodies on planes, pendulums",
        got=got,
        next_step="Simulate it with the engine rapier or mujoco.",
    )


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A static plane."""

    index: int
    body: WorldBody
    point: Float[np.ndarray, " 3"]
    normal: Float[np.ndarray, " 3"]


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A normal impulse between two bodies: at a moment (`start == end`), or spread evenly over a span."""

    start: float
    end: float
    pair: tuple[int, int]
    impulse: float
    """[N s]"""
    point: Float[np.ndarray, " 3"]


@dataclass(kw_only=True)
class Mover:
    """A dynamic body under way."""

    index: int
    body: WorldBody
    motion: Motion
    chain: list[Motion] = field(default_factory=list)
    held: bool = False
    ground: Ground | None = None
    """What it stands on."""
    landed: float = 0.0
    """Since when [s]."""
    press: float = 0.0
    """Normal force there [N]."""
    turn: float = np.inf
    """When its skid becomes a roll or its slide a stop [s]."""

    @property
    def radius(self) -> float | None:
        """Of a sphere; None for any other shape."""
        colliders = self.body.pieces[0].colliders
        return colliders[0].size[0] if len(colliders) == 1 and colliders[0].kind == "sphere" else None

    def follow(self, motion: Motion) -> None:
        """Go on by another closed form."""
        self.motion = motion
        self.chain.append(motion)

    def ball(self, time: float) -> Ball:
        """As an impact sees it."""
        _, _, velocity, spin = self.state(time)
        piece = self.body.pieces[0]
        return Ball(
            mass=np.inf if self.held else piece.mass,
            radius=self.radius or 0.0,
            inertia=np.inf if self.held else float(np.trace(piece.inertia) / 3),
            velocity=velocity,
            spin=spin,
        )

    def state(self, time: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Position, orientation, velocity, spin."""
        path = self.motion.at(np.array([time]))
        return path.position[0], path.orientation[0], path.velocity[0], path.spin[0]

    def course(self, time: float) -> list[Polynomial]:
        """Each coordinate of the centre as a polynomial of the time after `time`."""
        position, _, velocity, _ = self.state(time)
        rising = self.motion.acceleration if isinstance(self.motion, Steady | Skid) else np.zeros(3)
        return [Polynomial([x, v, a / 2]) for x, v, a in zip(position, velocity, rising, strict=True)]


class Billiard:
    """Runs the events of a world."""

    def __init__(
        self,
        world: World,
        movers: list[Mover],
        grounds: list[Ground],
        gravity_at: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.world, self.movers, self.grounds, self.gravity_at = world, movers, grounds, gravity_at
        self.touches: list[Touch] = []
        self.given: list[tuple[float, float]] = []
        """Moments at which the shot itself gave energy, and how much [J]."""
        self.now = 0.0
        self.due: list[Event] = []
        """What the shot schedules."""
        for mover in movers:
            self._start(mover)
        by_name = {mover.body.name: mover for mover in movers}
        for push in world.forces.pushes:
            if push.body in by_name:
                self.due.append((float(push.at), lambda m=by_name[push.body], p=push: self._push(m, p)))
        self.due.sort(key=lambda event: event[0])

    def run(self, end: float) -> None:
        """Play every event up to `end` [s]."""
        for _ in range(EVENTS):
            moment, act = min(self._events(), key=lambda event: event[0], default=(np.inf, self._schedule))
            if moment > end:
                break
            self.now = moment
            act()
        else:
            raise SimulationError(
                "events",
                f"must stay below {EVENTS}",
                got="more",
                next_step="Use the engine rapier or mujoco.",
            )
        self.now = end
        for mover in self.movers:
            self._leave_ground(mover)

    # --- what comes next ----------------------------------------------------------------------------------

    def _events(self) -> list[Event]:
        events: list[Event] = [(self.due[0][0], self._schedule)] if self.due else []
        free = [mover for mover in self.movers if not mover.held]
        courses = {mover.index: mover.course(self.now) for mover in self.movers}
        for i, mover in enumerate(free):
            course = courses[mover.index]
            events.append((mover.turn, lambda m=mover: self._again(m)))
            events.append((self.now + self._border(course), lambda m=mover: self._again(m)))
            if mover.radius is None:
                continue
            for ground in self.grounds:
                if ground is not mover.ground:
                    terms = zip(course, ground.point, ground.normal, strict=True)
                    gap = sum(((c - p) * n for c, p, n in terms), Polynomial([-mover.radius]))
                    events.append(
                        (self.now + first_fall(*gap.coef), lambda m=mover, g=ground: self._land(m, g))
                    )
            for other in [*free[i + 1 :], *(m for m in self.movers if m.held)]:
                if other.radius is not None:
                    pairs = zip(course, courses[other.index], strict=True)
                    gap = sum(
                        ((a - b) ** 2 for a, b in pairs), Polynomial([-((mover.radius + other.radius) ** 2)])
                    )
                    events.append(
                        (self.now + first_fall(*gap.coef), lambda a=mover, b=other: self._collide(a, b))
                    )
        return events

    def _border(self, course: list[Polynomial]) -> float:
        """Time until a course may cross into or out of a region of other gravity [s]."""
        roots = [np.inf]
        for region in self.world.forces.regions:
            for axis, line in enumerate(course):
                for face in (region.low[axis], region.high[axis]):
                    gap = (line - face).coef
                    roots += [first_fall(*gap), first_fall(*-gap)]
        return min(roots)

    # --- what happens -------------------------------------------------------------------------------------

    def _start(self, mover: Mover) -> None:
        position, orientation, _, _ = mover.state(0.0)
        if mover.body.release_at:
            mover.held = True
            mover.follow(Held(start=0.0, position=position, orientation=orientation))
            self.due.append((float(mover.body.release_at), lambda: self._release(mover)))
        else:
            self._settle(mover, mover.body.velocity, mover.body.spin)

    def _schedule(self) -> None:
        self.due.pop(0)[1]()

    def _release(self, mover: Mover) -> None:
        mover.held = False
        self._give(mover, mover.body.velocity, mover.body.spin)

    def _push(self, mover: Mover, push: Push) -> None:
        if mover.held:
            return
        _, orientation, velocity, spin = mover.state(self.now)
        piece = mover.body.pieces[0]
        impulse = np.array(push.impulse)
        if push.point is not None:
            moment = np.cross(np.array(push.point) - piece.rest, unrotate(orientation, impulse))
            spin = spin + rotate(orientation, np.linalg.solve(piece.inertia, moment))
        self._give(mover, velocity + impulse / piece.mass, spin)

    def _give(self, mover: Mover, velocity: np.ndarray, spin: np.ndarray) -> None:
        """Change a motion from outside, and note what that took."""
        piece = mover.body.pieces[0]
        _, orientation, before, turned = mover.state(self.now)
        energies = [
            kinetic_energy(np.array([piece.mass]), piece.inertia[None], orientation[None], v[None], w[None])
            for v, w in ((before, turned), (velocity, spin))
        ]
        self.given.append((self.now, energies[1] - energies[0]))
        self._settle(mover, velocity, spin)

    def _again(self, mover: Mover) -> None:
        _, _, velocity, spin = mover.state(self.now)
        self._settle(mover, velocity, spin)

    def _land(self, mover: Mover, ground: Ground) -> None:
        position, _, _, _ = mover.state(self.now)
        friction = friction_between(mover.body, ground.body)
        restitution = restitution_between(mover.body, ground.body)
        _, after, impulse = impact(WALL, mover.ball(self.now), ground.normal, restitution, friction)
        self._touch(
            (mover.index, ground.index),
            float(impulse @ ground.normal),
            position - after.radius * ground.normal,
        )
        self._settle(mover, after.velocity, after.spin)

    def _collide(self, a: Mover, b: Mover) -> None:
        (here, *_), (there, *_) = a.state(self.now), b.state(self.now)
        normal = (there - here) / np.linalg.norm(there - here)
        friction, restitution = friction_between(a.body, b.body), restitution_between(a.body, b.body)
        after_a, after_b, impulse = impact(a.ball(self.now), b.ball(self.now), normal, restitution, friction)
        self._touch((a.index, b.index), float(impulse @ normal), here + after_a.radius * normal)
        for mover, after in ((a, after_a), (b, after_b)):
            if not mover.held:
                self._settle(mover, after.velocity, after.spin)

    def _touch(self, pair: tuple[int, int], impulse: float, point: np.ndarray) -> None:
        self.touches.append(Touch(start=self.now, end=self.now, pair=pair, impulse=impulse, point=point))

    # --- which closed form follows ------------------------------------------------------------------------

    def _settle(self, mover: Mover, velocity: np.ndarray, spin: np.ndarray) -> None:
        """Choose the closed form that goes on from here."""
        position, orientation, _, _ = mover.state(self.now)
        # A hair ahead, so that on a border the side it enters decides.
        gravity = self.gravity_at(position + 1e-9 * velocity)
        self._leave_ground(mover)
        for ground in self.grounds:
            velocity, stand = self._stand(mover, ground, position, orientation, velocity, spin, gravity)
            if stand is None:
                continue
            if mover.ground is not None:
                raise refuse(mover.body.name, "stands on two planes at once")
            mover.ground, mover.landed, mover.turn = ground, self.now, self.now + stand.lasts
            mover.press = -float(gravity @ ground.normal) * mover.body.pieces[0].mass
            mover.follow(
                Skid(
                    start=self.now,
                    position=position,
                    orientation=orientation,
                    velocity=velocity,
                    spin=spin,
                    acceleration=stand.acceleration,
                    spin_up=stand.spin_up,
                )
            )
        if mover.ground is None:
            mover.follow(
                Steady(
                    start=self.now,
                    position=position,
                    orientation=orientation,
                    velocity=velocity,
                    spin=spin,
                    acceleration=gravity,
                    inertia=mover.body.pieces[0].inertia,
                )
            )

    def _stand(
        self,
        mover: Mover,
        ground: Ground,
        position: np.ndarray,
        orientation: np.ndarray,
        velocity: np.ndarray,
        spin: np.ndarray,
        gravity: np.ndarray,
    ) -> tuple[np.ndarray, Stand | None]:
        """Velocity, and how the ground bears it, if it does."""
        piece, normal = mover.body.pieces[0], ground.normal
        press = -float(gravity @ normal)
        rise = float(velocity @ normal)
        height = float((position - ground.point) @ normal)
        # A hop shorter than a thousandth of a step is none: else a ball would bounce for ever in finite time.
        if press <= 0 or abs(rise) > press * float(self.world.clock.step) / 2000:
            return velocity, None
        friction = friction_between(mover.body, ground.body)
        level = velocity - rise * normal
        if mover.radius is not None:
            if height - mover.radius > TOUCH:
                return velocity, None
            gyration = float(np.trace(piece.inertia) / 3) / (piece.mass * mover.radius**2)
            stand = sphere_on_plane(
                level, spin, gravity, normal, radius=mover.radius, gyration=gyration, friction=friction
            )
        else:
            foot = footprint(piece.colliders, orientation, normal, TOUCH)
            if height + float((foot @ normal).min()) > TOUCH:
                return velocity, None
            stand = None if spin.any() else flat_on_plane(level, gravity, normal, friction=friction)
            if stand is not None and not holds_up(foot, normal, stand, press):
                raise refuse(mover.body.name, "it does not lie flat, or it topples")
        if stand is None:
            raise refuse(mover.body.name, "its path on the plane swerves")
        return level, stand

    def _leave_ground(self, mover: Mover) -> None:
        if mover.ground is not None and self.now > mover.landed:
            position, _, _, _ = mover.state(self.now)
            height = float((position - mover.ground.point) @ mover.ground.normal)
            self.touches.append(
                Touch(
                    start=mover.landed,
                    end=self.now,
                    pair=(mover.index, mover.ground.index),
                    impulse=mover.press * (self.now - mover.landed),
                    point=position - height * mover.ground.normal,
                )
            )
        mover.ground, mover.turn = None, np.inf
