"""Who is free to move, and who is tied to whom, in every interval between two samples of a tape.

Interval k runs from sample k to sample k + 1. Two pieces belong to one *group* in it if they touch in it or
are bonded at either end of it. A group is *closed* if nothing but gravity acts on it from outside: then its
momentum is known. A group that is one unbroken rigid cluster without contact is in *free flight*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.forces import gravity_at
from kinema.physics.tape import Tape
from kinema.shot.body import Body
from kinema.shot.shot import Shot


@dataclass(frozen=True, kw_only=True)
class Motions:
    """What acts on every piece in every interval."""

    dynamic: Bool[np.ndarray, " piece"]
    """Moved by physics: neither static nor kinematic."""
    group: Int[np.ndarray, "interval piece"]
    """Pieces with the same number act on one another."""
    closed: Bool[np.ndarray, "interval piece"]
    """The piece's group feels only gravity from outside."""
    free: Bool[np.ndarray, "interval piece"]
    """The piece's group is one rigid cluster in free flight."""
    gravity: Float[np.ndarray, "interval piece 3"]
    """At the centre of mass of its cluster when the interval starts [m/s²]."""


def motions_of(shot: Shot, tape: Tape) -> Motions:
    """Sort all pieces and intervals."""
    bodies = [shot.body(name) for name in tape.geometry.bodies]
    owner = tape.geometry.piece_body
    dynamic = np.array([body.motion == "dynamic" for body in bodies])[owner]
    tied = _tied(shot, tape, bodies, dynamic)
    centres = cluster_means(tape, tape.position)
    gravity = np.stack([gravity_at(shot.forces, centre) for centre in centres])
    # A cluster that crosses into another gravity changes it at a moment the samples do not show.
    tied |= (gravity[:-1] != gravity[1:]).any(-1)
    group, touched, leaned = _groups(tape, dynamic)
    asleep = _asleep(tape, _anywhere_in(group, touched))
    return Motions(
        dynamic=dynamic,
        group=group,
        closed=~_anywhere_in(group, tied | leaned | asleep),
        free=~_anywhere_in(group, tied | touched | asleep | _recast(tape)),
        gravity=gravity[:-1],
    )


def cluster_means(
    tape: Tape, values: Float[np.ndarray, "sample piece 3"]
) -> Float[np.ndarray, "sample piece 3"]:
    """Mass-weighted mean of `values` over the cluster of each piece."""
    mass = np.maximum(tape.geometry.piece_mass.astype(float), 1e-30)
    means = np.empty(values.shape)
    for k, (row, labels) in enumerate(zip(values, tape.cluster, strict=True)):
        _, index = np.unique(labels, return_inverse=True)
        total = np.bincount(index, mass)
        for axis in range(3):
            means[k, :, axis] = (np.bincount(index, mass * row[:, axis]) / total)[index]
    return means


def interval_of(tape: Tape, time: Float[np.ndarray, " event"]) -> Int[np.ndarray, " event"]:
    """The interval in which a step ends that ends at `time` [s]."""
    # Step ends are sums of floats: a thousandth of an interval is far above their rounding, far below a step.
    late = np.ceil(np.asarray(time, float) * float(tape.rate) - 1e-3).astype(int) - 1
    return np.clip(late, 0, len(tape.position) - 2)


def step_of(tape: Tape) -> float:
    """Length of a simulation step [s]."""
    time = tape.ledger.time
    return float(time[1] - time[0]) if len(time) > 1 else 1 / float(tape.rate)


def _tied(shot: Shot, tape: Tape, bodies: list[Body], dynamic: Bool[np.ndarray, " piece"]) -> np.ndarray:
    """Pieces on which something other than gravity and contact acts: hands, frames, joints, pushes, wind."""
    owner, intervals = tape.geometry.piece_body, len(tape.position) - 1
    tied = np.broadcast_to(~dynamic | (shot.forces.wind is not None), (intervals, len(owner))).copy()
    start = np.arange(intervals) / float(tape.rate)
    jointed = {name for joint in shot.forces.joints for name in (joint.a, joint.b) if name}
    for number, body in enumerate(bodies):
        mine = owner == number
        if body.name in jointed:
            tied[:, mine] = True
        if body.release_at is not None:
            tied[np.ix_(start < float(body.release_at), mine)] = True
        if body.fracture is not None and body.fracture.held != "free":
            # What the frame holds has not moved a bit; what broke loose has.
            still = (tape.position[1:, mine] == tape.position[0, mine]).all(-1)
            tied[:, mine] |= still
    for push in shot.forces.pushes:
        mine = owner == tape.geometry.bodies.index(push.body)
        # A push acts at the start of the step that contains its moment.
        now = int(push.at * tape.rate)
        tied[max(0, now - 1) : now + 1, mine] = True
    return tied


def _groups(tape: Tape, dynamic: Bool[np.ndarray, " piece"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per interval and piece: group number, whether it touched anything, whether it touched what physics does
    not move. Ground does not tie together all that stands on it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    intervals, pieces = len(tape.position) - 1, len(dynamic)
    when = interval_of(tape, tape.contacts.time)
    group = np.empty((intervals, pieces), np.int32)
    touched, leaned = np.zeros((2, intervals, pieces), bool)
    order = np.argsort(when, kind="stable")
    starts = np.searchsorted(when[order], np.arange(intervals + 1))
    for k in range(intervals):
        a, b = tape.contacts.piece[order[starts[k] : starts[k + 1]]].T
        touched[k, a] = touched[k, b] = True
        leaned[k, a[~dynamic[b]]] = leaned[k, b[~dynamic[a]]] = True
        mutual = dynamic[a] & dynamic[b]
        links = [(a[mutual], b[mutual]), _chain(tape.cluster[k]), _chain(tape.cluster[k + 1])]
        rows, columns = (np.concatenate(side) for side in zip(*links, strict=True))
        graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(pieces, pieces))
        group[k] = connected_components(graph, directed=False)[1]
    return group, touched, leaned


def _asleep(tape: Tape, touching: Bool[np.ndarray, "interval piece"]) -> Bool[np.ndarray, "interval piece"]:
    """Pieces an engine has put to sleep on what they lie on: they stop dead, and no contact is reported any
    more. Only what touched something just before may sleep; what stops in mid-air is not asleep."""
    stopped = (tape.velocity[1:] == 0).all(-1) & (tape.spin[1:] == 0).all(-1)
    asleep = np.zeros_like(stopped)
    resting = np.zeros_like(stopped[0])
    for k in range(len(stopped)):
        # The step that puts to sleep reports no contact, and it may be the first of its interval.
        lately = touching[max(0, k - 1) : k + 1].any(0)
        asleep[k] = resting = stopped[k] & (lately | resting)
    return asleep


def _chain(labels: Int[np.ndarray, " piece"]) -> tuple[np.ndarray, np.ndarray]:
    """Edges that join the pieces of equal label, each to the next."""
    order = np.argsort(labels, kind="stable")
    same = labels[order][1:] == labels[order][:-1]
    return order[:-1][same], order[1:][same]


def _anywhere_in(
    group: Int[np.ndarray, "interval piece"], marked: Bool[np.ndarray, "interval piece"]
) -> np.ndarray:
    """Whether any piece of the piece's group is marked."""
    result = np.empty(group.shape, bool)
    for k, (labels, marks) in enumerate(zip(group, marked, strict=True)):
        result[k] = np.bincount(labels, marks, minlength=labels.max() + 1)[labels] > 0
    return result


def _recast(tape: Tape) -> Bool[np.ndarray, "interval piece"]:
    """Pieces whose cluster is not the same set of pieces at both ends."""
    canon = np.empty(tape.cluster.shape, np.int64)
    for k, labels in enumerate(tape.cluster):
        _, first, index = np.unique(labels, return_index=True, return_inverse=True)
        canon[k] = first[index]
    return canon[:-1] != canon[1:]
