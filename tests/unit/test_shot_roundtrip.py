"""Writing a shot and reading it back gives the same shot, to the last bit, for any shot there is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinema.shot.body import (
    Body,
    Box,
    Breaks,
    Compound,
    ConvexHull,
    Keyframe,
    Mesh,
    Pane,
    Placed,
    Plane,
    Sphere,
    Vase,
)
from kinema.shot.camera import Camera, CameraKey, Dolly, Handheld, Keyed, Orbit, PushIn, Track
from kinema.shot.files import dump_shot, load_shot, parse_shot, to_tree, validate_shot
from kinema.shot.force import Fixed, Forces, GravityRegion, Hinge, Push, Rope, Wind
from kinema.shot.goal import Hits, Shatters
from kinema.shot.light import AreaLight, Environment, Sky, SphereLight, SpotLight, Sun
from kinema.shot.material import Conductor, Dielectric, Material, Plastic, library
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))

real = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-6, 1e6)
share = st.floats(0, 1)
vector = st.tuples(real, real, real)
colour = st.tuples(share, share, share)
seconds = st.fractions(0, 1000, max_denominator=10**6)
quaternion = st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(v * v for v in q) > 1e-3)
# Names and titles that YAML 1.1 or 1.2 could take for something else.
TRICKY = ["on", "no", "y", "null", "True", "e1", "x0", "inf", "nan", "o7", "Yes", "NaN"]
TITLES = st.text(max_size=20) | st.sampled_from(
    [
        "1e5",
        "0x10",
        "~",
        "12:30",
        "- a",
        "a: b",
        "#",
        "'",
        "2001-01-01",
        "\x85",
        "\u2028",
        " x ",
        "0o7",
        ".inf",
        "=",
        "<<",
    ]
)

sphere = st.builds(Sphere, radius=positive)
box = st.builds(Box, size=st.tuples(positive, positive, positive))
pane = st.builds(Pane, width=positive, height=positive, thickness=positive)
hull = st.builds(ConvexHull, points=st.lists(vector, min_size=4, max_size=6).map(tuple))
mesh = st.builds(
    Mesh, file=st.sampled_from(["a.glb", "b/c.usd"]), prim=st.none() | st.just("/A"), scale=positive
)
placed = st.builds(Placed, shape=sphere | box, position=vector, rotation=quaternion)
compound = st.builds(Compound, parts=st.lists(placed, min_size=1, max_size=3).map(tuple))
vase = st.builds(Vase, profile=st.just(((0.04, 0.0), (0.06, 0.1))), wall=positive)
breaks = st.builds(Breaks, pieces=st.integers(2, 900), held=st.sampled_from(["free", "edges", "base"]))
material = st.builds(
    Material,
    density=positive,
    friction=share,
    restitution=share,
    youngs_modulus=positive,
    strength=positive,
    fracture_energy=positive,
    optics=st.builds(Dielectric, ior=st.floats(1, 4), absorption=st.tuples(positive, positive, positive))
    | st.builds(Conductor, metal=st.sampled_from(["Au", "Fe"]), roughness=share)
    | st.builds(Plastic, colour=colour, texture=st.none() | st.just("wood")),
    sources=st.dictionaries(st.sampled_from(["density", "optics"]), TITLES, max_size=2),
)


def body(name: str) -> st.SearchStrategy[Body]:
    common: dict[str, Any] = {"name": st.just(name), "position": vector, "rotation": quaternion}
    look: dict[str, Any] = {"colour": st.none() | colour, "roughness": st.none() | share}
    moving = st.builds(
        Body,
        shape=sphere | box | pane | hull | mesh | compound | vase,
        material=st.sampled_from(sorted(library())),
        velocity=vector,
        spin=vector,
        mass=st.none() | positive,
        release_at=st.none() | seconds,
        **common,
        **look,
    )
    broken = st.builds(Body, shape=box | pane | vase, breaks=breaks, density=st.none() | positive, **common)
    still = st.builds(Body, shape=box | st.builds(Plane), motion=st.just("static"), **common)
    keys = st.lists(seconds, min_size=1, max_size=3, unique=True).flatmap(
        lambda at: st.tuples(*(st.builds(Keyframe, at=st.just(t), position=vector) for t in sorted(at)))
    )
    carried = st.builds(Body, shape=sphere, motion=st.just("kinematic"), keyframes=keys, **common)
    return moving | broken | still | carried


def light(name: str) -> st.SearchStrategy[Any]:
    common: dict[str, Any] = {"name": st.just(name), "kelvin": st.floats(1000, 40_000)}
    return st.one_of(
        st.builds(Sun, elevation=st.floats(-10, 90), azimuth=real, lux=positive, **common),
        st.builds(Sky, turbidity=st.floats(1.7, 10), ground=colour, **common),
        st.builds(Environment, nits=positive, tint=st.none() | colour, **common),
        st.builds(SphereLight, position=vector, lumen=positive, **common),
        st.builds(AreaLight, position=vector, aim=vector, candela=positive, **common),
        st.builds(SpotLight, position=vector, aim=vector, lumen=positive, beam=st.floats(2, 169), **common),
    )


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    names = draw(
        st.lists(st.sampled_from([*TRICKY, "ball", "pane", "floor_2"]), min_size=1, max_size=3, unique=True)
    )
    one = st.sampled_from(names)
    lamps = draw(st.lists(st.sampled_from(["sun", "off", "key"]), min_size=1, max_size=2, unique=True))
    moves = st.lists(
        st.one_of(
            st.builds(Dolly, right=real, up=real, start=seconds),
            st.builds(PushIn, share=st.floats(-5, 0.9), ease=st.sampled_from(["linear", "smooth"])),
            st.builds(Orbit, degrees=real),
            st.builds(Track, body=one, follow=share),
            st.builds(Handheld, degrees=st.floats(0, 20), seed=st.integers(0, 99)),
            st.tuples(vector, vector).map(
                lambda p: Keyed(
                    keys=(
                        CameraKey(at=Fraction(0), position=p[0], aim=p[1]),
                        CameraKey(at=Fraction(1, 3), position=p[1], aim=p[0]),
                    )
                )
            ),
        ),
        max_size=3,
    ).map(tuple)
    camera = st.builds(
        Camera,
        position=vector,
        aim=vector | one,
        focus=positive | one | st.just("deep"),
        moves=moves,
        roll=real,
    )
    joints = st.one_of(
        st.builds(Hinge, a=one, anchor=vector, axis=vector, limits=st.none() | st.tuples(real, real)),
        st.builds(Fixed, a=one, b=st.none() | one),
        st.builds(Rope, a=one, at_a=vector, at_b=vector, length=st.none() | positive),
    )
    forces = st.builds(
        Forces,
        gravity=vector,
        wind=st.none() | st.builds(Wind, velocity=vector),
        pushes=st.lists(st.builds(Push, body=one, impulse=vector, at=seconds), max_size=2).map(tuple),
        joints=st.lists(joints, max_size=2).map(tuple),
        regions=st.just(())
        | st.builds(lambda g: (GravityRegion(low=(0, 0, 0), high=(1, 1, 1), gravity=g),), vector),
    )
    goals = st.builds(Hits, a=one, b=one, by=st.none() | seconds) | st.builds(Shatters, body=one)
    return Shot(
        title=draw(TITLES),
        prompt=draw(TITLES),
        seed=draw(st.integers(0, 2**32 - 1)),
        timing=draw(
            st.builds(
                Timing,
                fps=st.fractions(1, 1000, max_denominator=1001),
                frames=st.integers(1, 200_000),
                slow_motion=st.fractions("1/10", 100, max_denominator=100),
            )
        ),
        bodies=tuple(draw(body(name)) for name in names),
        lights=tuple(draw(light(name)) for name in lamps),
        camera=draw(camera),
        forces=draw(forces),
        goals=tuple(draw(st.lists(goals, max_size=2))),
        materials=draw(st.dictionaries(st.sampled_from(["null", "goo"]), material, max_size=1)),
    )


@given(shots())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_a_written_shot_reads_back_equal(shot: Shot) -> None:
    text = dump_shot(shot)
    assert parse_shot(text) == shot
    assert dump_shot(parse_shot(text)) == text
    assert validate_shot(to_tree(shot)) == shot


@given(shots())
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_json_too(tmp_path_factory: pytest.TempPathFactory, shot: Shot) -> None:
    path = tmp_path_factory.getbasetemp() / "shot.json"
    dump_shot(shot, path)
    assert load_shot(path) == shot


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_load_and_read_back(path: Path) -> None:
    shot = load_shot(path)
    assert parse_shot(dump_shot(shot)) == shot
    assert shot.title
    assert shot.goals


def test_other_readers_of_yaml_agree() -> None:
    """What kinema writes, a YAML 1.1 reader understands the same way."""
    shot = load_shot(EXAMPLES[0])
    small = shot.model_copy(update={"title": "1e5", "prompt": "on"})
    tree = yaml.safe_load(dump_shot(small))
    assert validate_shot(tree) == small


def test_assets_stay_relative() -> None:
    shot = parse_shot(
        "bodies: [{name: a, shape: {kind: mesh, file: meshes/a.glb}}]\n"
        "lights: [{name: e, kind: environment, file: sky.exr}]"
    )
    assert "meshes/a.glb" in dump_shot(shot)
    assert "file: sky.exr" in dump_shot(shot)
