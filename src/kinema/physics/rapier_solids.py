"""From a `World` to what Rapier steps: its settings, solids with their surfaces, exact masses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from kinema.physics.rotation import multiply
from kinema.physics.world import Collider, World, WorldBody

if TYPE_CHECKING:
    import rapier3d as rp

SUBSTEPS = 4
SHARD_SUBSTEPS = 8
"""Where bodies break into chunks: in one run each of a brick and a vase it left no blow too deep, where 4 left one and
three, for about the same time. A vase in 140 pieces, many as small as its wall is thick, still has some (21)."""
JOINTED_SUBSTEPS = 16
"""Small steps of the solver within one step. With 4, a pendulum of 30° loses 0.43 % of its energy in ten
seconds, with 16, 0.10 %, for 1.6 times the time (measured); contact alone gains nothing from more."""

_SHARD_RATE = 1000
"""Of the spring in a contact, where bodies break into chunks [Hz]. In a heap of a vase's 120 shards some 600 contacts
lie too deep with 120 Hz, two with 1000. Stacks of boxes gain energy by it."""
_SHARD_NEAR = 5e-3
"""Contacts are sought this far ahead there [m]. Chunks turn as fast as they fly: what Rapier foresees 20 mm ahead does
not come to pass, and costs half as much again in a heap."""

_PLANE, _CORNER, _OTHER = 1, 2, 4
"""Groups of collision."""
_MOST_CORNERS = 48
_CORNER_RADIUS = 1e-4
"""[m]"""

_Y_TO_Z = np.array([np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0])
"""Rapier's cylinders and cones stand along y."""


def substeps(world: World) -> int:
    """Solver steps within one step of the clock."""
    if world.forces.joints:
        return JOINTED_SUBSTEPS
    return SHARD_SUBSTEPS if _crumbles(world) else SUBSTEPS


def _crumbles(world: World) -> bool:
    """Whether a body can break that is no plate: into chunks that make a heap."""
    return any(body.bonds is not None and not body.bonds.plate for body in world.bodies)


def settings(world: World) -> str:
    """Name, version and settings, for the record."""
    from importlib.metadata import version

    rate = 1 / world.clock.step
    contact = f"{_SHARD_RATE} Hz" if _crumbles(world) else "120/240 Hz"
    return f"rapier3d {version('rapier3d')}; {rate} Hz; {substeps(world)} substeps; contact {contact}; f32"


def empty_scene(world: World) -> rp.PhysicsWorld:
    """A Rapier world with kinema's settings and nothing in it."""
    import rapier3d as rp

    gravity = world.forces.gravity
    scene = rp.PhysicsWorld(gravity=(gravity[0], gravity[1], gravity[2]))
    scene.set_num_threads(1)
    scene.event_handler = rp.ChannelEventCollector()  # pyright: ignore[reportAttributeAccessIssue]
    ip = scene.integration_parameters
    ip.dt = float(world.clock.step)
    ip.num_solver_iterations = substeps(world)
    # Reused contacts let wedged thin shards overlap and lose half their energy (measured against MuJoCo).
    ip.contact_recycling = False
    # The defaults (30 Hz, 5 mm) are game-soft: a stack of ten boxes sinks 25 mm; with these 1.6 mm.
    ip.contact_softness = rp.SpringCoefficients(120, 10)
    ip.static_contact_softness = rp.SpringCoefficients(240, 10)
    ip.normalized_allowed_linear_error = 2e-4
    if _crumbles(world):
        ip.contact_softness = ip.static_contact_softness = rp.SpringCoefficients(_SHARD_RATE, 10)
        ip.normalized_prediction_distance = _SHARD_NEAR
    return scene


def triple(v: Float[np.ndarray, 3]) -> tuple[float, float, float]:
    """Rapier takes plain floats."""
    return float(v[0]), float(v[1]), float(v[2])


def vector(v: Float[np.ndarray, 3]) -> rp.Vec3:
    """For attributes, which take nothing else."""
    import rapier3d as rp

    return rp.Vec3(*triple(v))


def isometry(position: Float[np.ndarray, 3], orientation: Float[np.ndarray, 4]) -> rp.Isometry3:
    """A pose."""
    import rapier3d as rp

    w, x, y, z = map(float, orientation)
    return rp.Isometry3(triple(position), rp.Rotation3(w, x, y, z))


def solid_pose(
    collider: Collider, offset: Float[np.ndarray, 3]
) -> tuple[Float[np.ndarray, 3], Float[np.ndarray, 4]]:
    """Where a solid sits in its rigid body, whose axes are the body's and in which its piece is at
    `offset`."""
    turn = np.asarray(collider.orientation, float)
    if collider.kind in ("cylinder", "cone"):
        turn = multiply(turn, _Y_TO_Z)
    return np.asarray(collider.position, float) + offset, turn


def corners(points: Float[np.ndarray, "point 3"]) -> tuple[Float[np.ndarray, "corner 3"], bool]:
    """Where a body made of hulls with these vertices can touch a plane: the vertices of the hull of them all, and
    whether they are all; of very many, those farthest from each other.

    Rapier touches a plane with at most four corners of a face, always the same: a shard with more sinks through
    the floor on the others (measured: 30 shards of nine corners, 111 mm deep and staying there). On a slab instead
    of a plane they do not, but there the depth of a thin shard is now and then metres, and 599 J with it. So
    wires between the corners collide with planes in their stead.
    """
    from scipy.spatial import ConvexHull

    outer = points[ConvexHull(points).vertices]
    if len(outer) <= _MOST_CORNERS:
        return outer, True
    chosen = [0]
    distance = np.linalg.norm(outer - outer[0], axis=1)
    while len(chosen) < _MOST_CORNERS:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(outer - outer[chosen[-1]], axis=1))
    return outer[chosen], False


def wires(corner: Float[np.ndarray, "corner 3"]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Corners in pairs, each with the nearest that is left: half as many solids as one for each."""
    left = list(range(len(corner)))
    pairs = []
    while left:
        k = left.pop(0)
        nearest = min(left or [0], key=lambda j: float(((corner[j] - corner[k]) ** 2).sum()))
        pairs.append((corner[k], corner[nearest]))
        if left:
            left.remove(nearest)
    return pairs


def wire(body: WorldBody, ends: tuple[np.ndarray, np.ndarray], least_force: float) -> rp.ColliderBuilder:
    """From corner to corner, in the frame of the rigid body: a solid that collides with planes alone."""
    import rapier3d as rp

    pose = isometry(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))
    groups = rp.InteractionGroups(rp.Group(_CORNER), rp.Group(_PLANE))
    shape = rp.Collider.capsule_from_endpoints(triple(ends[0]), triple(ends[1]), _CORNER_RADIUS)
    return _surfaced(shape, body, pose, least_force).collision_groups(groups)


def solid(
    collider: Collider, body: WorldBody, pose: rp.Isometry3, least_force: float, *, planes: bool = True
) -> rp.ColliderBuilder:
    """One convex solid; without `planes` it passes through those."""
    import rapier3d as rp

    every = _PLANE | _CORNER | _OTHER
    own = _PLANE if collider.kind == "plane" else _OTHER
    groups = rp.InteractionGroups(rp.Group(own), rp.Group(every if planes else every & ~_PLANE))
    return _surfaced(_shape(collider), body, pose, least_force).collision_groups(groups)


def _surfaced(
    shape: rp.ColliderBuilder, body: WorldBody, pose: rp.Isometry3, least_force: float
) -> rp.ColliderBuilder:
    """Massless, for mass is set exactly; contacts above `least_force` [N] are reported.

    Pair law: friction geometric mean, restitution the lower.
    """
    import rapier3d as rp

    return (
        shape.position(pose)
        .density(0.0)
        .friction(float(body.friction))
        .restitution(float(body.restitution))
        .friction_combine_rule(rp.CoefficientCombineRule.GEOMETRIC_MEAN)
        .restitution_combine_rule(rp.CoefficientCombineRule.MIN)
        .active_events(rp.ActiveEvents.CONTACT_FORCE_EVENTS)
        .contact_force_event_threshold(min(float(least_force), 1e30))
    )


def _shape(collider: Collider) -> rp.ColliderBuilder:
    import rapier3d as rp

    size = tuple(map(float, collider.size))
    match collider.kind:
        case "sphere":
            return rp.Collider.ball(size[0])
        case "box":
            return rp.Collider.cuboid(*size)
        case "cylinder":
            return rp.Collider.cylinder(size[1], size[0])
        case "capsule":
            return rp.Collider.capsule_z(size[1], size[0])
        case "cone":
            return rp.Collider.cone(size[1], size[0])
        case "plane":
            return rp.Collider.halfspace((0.0, 0.0, 1.0))
        case "hull":
            assert collider.points is not None, "a hull has points"
            return rp.Collider.convex_hull([triple(p) for p in collider.points])


def mass_properties(mass: float, inertia: Float[np.ndarray, "3 3"]) -> rp.MassProperties:
    """About the origin of the rigid body, which is its centre of mass."""
    import rapier3d as rp
    from scipy.spatial.transform import Rotation

    moments, axes = np.linalg.eigh(inertia)
    if np.linalg.det(axes) < 0:
        axes[:, 0] *= -1
    x, y, z, w = Rotation.from_matrix(axes).as_quat()
    frame = rp.Rotation3(float(w), float(x), float(y), float(z))
    return rp.MassProperties((0.0, 0.0, 0.0), float(mass), triple(moments), frame)
