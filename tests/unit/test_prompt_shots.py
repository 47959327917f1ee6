"""Prompts and the shots they must become: values, not that it runs."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from kinema.shot.prompt import compile_prompt
from kinema.shot.shot import Shot

HERO = (
    "A 1 kg steel ball flies at 8 m/s into a 1 m glass pane and shatters it. "
    "Concrete floor, low warm sun from camera left, 35 mm lens, slow push in. 3 seconds."
)


def at(shot: Shot, path: str) -> Any:
    """The value at a path: parts of a list by name, kind, body or index."""
    value: Any = shot
    for step in path.split("."):
        if isinstance(value, tuple):
            value = value[int(step)] if step.lstrip("-").isdigit() else _named(value, step)
        else:
            value = getattr(value, step)
    return value


def _named(parts: tuple[Any, ...], step: str) -> Any:
    return next(p for p in parts if step in (getattr(p, "name", None), getattr(p, "kind", None)))


# Sizes follow from mass and density to rounding of the files, 1e-6 m; all else is exact or printed to 1e-3.
CLOSE = 2e-3

SHOTS: list[tuple[str, dict[str, Any]]] = [
    # --- size, mass, material, colour
    ("A 1 kg steel ball on the floor.", {
        "bodies.ball.mass": 1.0, "bodies.ball.material": "steel",
        "bodies.ball.shape.radius": (3 / (4 * math.pi * 7850)) ** (1 / 3)}),
    ("A 10 cm copper sphere.", {"bodies.ball.shape.radius": 0.05, "bodies.ball.material": "copper"}),
    ("A rubber ball with a radius of 5 cm and a mass of 3 kg.", {
        "bodies.ball.shape.radius": 0.05, "bodies.ball.mass": 3.0}),
    ("An iron ball 30 cm in diameter.", {"bodies.ball.shape.radius": 0.15, "bodies.ball.material": "iron"}),
    ("A big, red ball on a small, blue box.", {
        "bodies.ball.shape.radius": 0.1, "bodies.box.shape.size": (0.15, 0.15, 0.15),
        "bodies.ball.position": (0, 0, 0.25), "bodies.ball.colour.0": 0.527115}),
    ("A 1 x 2 m pane of glass, 8 mm thick.", {
        "bodies.pane.shape.width": 1.0, "bodies.pane.shape.height": 2.0, "bodies.pane.shape.thickness": 0.008,
        "bodies.pane.material": "glass", "bodies.pane.breaks.held": "edges"}),
    ("A window 1.5 m wide and 1 m high.", {"bodies.pane.shape.width": 1.5, "bodies.pane.shape.height": 1.0}),
    ("A bowling ball and a golf ball.", {
        "bodies.bowling_ball.mass": 6.8, "bodies.golf_ball.mass": 0.0459,
        "bodies.golf_ball.shape.radius": 0.021335}),
    ("A plastic cube, half a metre, density 950 kg/m3.", {
        "bodies.cube.shape.size": (0.5, 0.5, 0.5), "bodies.cube.density": 950.0, "bodies.cube.material": "abs"}),
    ("A brick made of solid gold.", {"bodies.brick.material": "gold", "bodies.brick.shape.size.0": 0.215}),
    ("A 2 m tall, 30 cm wide granite pillar.", {
        "bodies.pillar.shape.height": 2.0, "bodies.pillar.shape.radius": 0.15,
        "bodies.pillar.material": "granite"}),
    ("A marble marble on a marble floor.", {
        "bodies.marble.material": "marble", "bodies.ground.material": "marble"}),
    ("An orange orange next to an apple.", {
        "bodies.orange.shape.radius": 0.04, "bodies.orange.colour.2": 0.005182, "bodies.apple.mass": 0.18}),
    ("A shiny steel cube and a matte black cone.", {
        "bodies.cube.roughness": 0.05, "bodies.cone.roughness": 0.5, "bodies.cone.colour.0": 0.006049}),
    ("A ten lb iron cannonball.", {
        "bodies.cannonball.mass": 4.535924, "bodies.cannonball.material": "iron"}),
    ("A vase half a metre tall.", {
        "bodies.vase.shape.profile.-1.1": 0.5, "bodies.vase.shape.profile.0.1": 0.0,
        "bodies.vase.material": "porcelain"}),
    # --- counts and arrangements
    ("A row of 12 dominoes on a wooden table; the first is pushed and they topple.", {
        "bodies.domino_1.position": (-0.132, 0, 0.7741), "bodies.domino_12.position": (0.132, 0, 0.7741),
        "bodies.table.material": "oak", "bodies.table.motion": "static", "forces.pushes.0.body": "domino_1",
        "forces.pushes.0.point": (0, 0, 0.0192), "goals.topples.body": "domino_12"}),
    ("Ten wooden crates stacked on a concrete floor.", {
        "bodies.crate_1.position": (0, 0, 0.2), "bodies.crate_10.position": (0, 0, 3.8),
        "bodies.crate_1.material": "oak"}),
    ("A pyramid of 10 cans.", {
        "bodies.can_10.position": (0, 0, 0.4025), "bodies.can_1.position.2": 0.0575}),
    ("A tower of 8 blocks collapses.", {
        "bodies.block_8.position": (0, 0, 0.75), "goals.scatters.least": 2,
        "forces.pushes.0.body": "block_5"}),
    ("A wall of 40 bricks is smashed by a cannonball at 30 m/s.", {
        "bodies.brick_40.material": "brick", "goals.hits.a": "cannonball", "bodies.cannonball.velocity.0": 0.0,
        "goals.scatters.least": 10}),
    ("Five bowling balls in a row.", {
        "bodies.bowling_ball_1.position.0": -0.518, "bodies.bowling_ball_5.position.0": 0.518}),
    ("A bowling ball rolls at 6 m/s into ten pins.", {
        "bodies.bowling_ball.velocity": (6, 0, 0), "bodies.bowling_ball.spin.1": math.degrees(6 / 0.10795),
        "bodies.pin_10.material": "maple", "goals.hits.b": "pin_1"}),
    ("A dozen eggs.", {"bodies.egg_12.mass": 0.06}),
    # --- relations
    ("An apple on a book on a desk.", {
        "bodies.apple.position": (0, 0, 0.8175), "bodies.book.position": (0, 0, 0.765)}),
    ("A brass cube next to a steel ball.", {"bodies.cube.position.0": 0.12, "bodies.ball.position.0": 0.0}),
    ("A crate to the left of a barrel.", {"bodies.crate.position.0": -0.5435, "bodies.barrel.position.0": 0.0}),
    ("A bottle stands behind a can.", {"bodies.bottle.position.1": 0.088, "bodies.can.position.1": 0.0}),
    ("A cone under a table.", {"bodies.cone.position": (0, 0, 0.15), "bodies.table.position": (0, 0, 0.375)}),
    ("A steel ball 2 m above a crate.", {"bodies.ball.position": (0, 0, 2.45)}),
    ("A plank leans against a brick wall at 20 degrees.", {
        "bodies.plank.rotation.0": math.cos(math.radians(10)), "bodies.wall.material": "masonry",
        "bodies.wall.motion": "static"}),
    ("A marble, a die and a coin on a table.", {
        "bodies.marble.position.2": 0.758, "bodies.die.position.2": 0.758, "bodies.coin.position.2": 0.751}),
    # --- falling and bouncing
    ("A red rubber ball falls from 2 m onto a marble floor and bounces.", {
        "bodies.ball.position": (0, 0, 2.05), "bodies.ball.velocity": (0, 0, 0),
        "bodies.ground.material": "marble"}),
    ("Drop a steel ball from six feet onto a pane of glass lying on the ground.", {
        "bodies.ball.position.2": 0.006 + 1.8288 + 0.05, "bodies.pane.position.2": 0.003,
        "bodies.pane.breaks.held": "free", "goals.hits.b": "pane"}),
    ("Three 2 kg steel balls fall onto a sheet of glass.", {
        "bodies.ball_3.mass": 2.0, "bodies.pane_frame.motion": "static",
        "bodies.pane.rotation.0": math.sqrt(0.5), "bodies.pane.breaks.held": "edges"}),
    ("The steel ball, 500 g, is dropped from 1.5 metres above the glass table.", {
        "bodies.ball.position.2": 0.75 + 1.5 + 0.0248, "bodies.ball.mass": 0.5, "bodies.table.material": "glass"}),
    ("A porcelain vase falls off a shelf and shatters. Slow motion 4x.", {
        "bodies.vase.position": (0.45, 0, 1.35), "bodies.vase.velocity": (0.5, 0, 0),
        "goals.shatters.body": "vase", "bodies.vase.breaks.pieces": 60, "timing.slow_motion": Fraction(4)}),
    ("After 1 s, a steel ball drops onto a crate from half a metre.", {
        "bodies.ball.release_at": Fraction(1), "bodies.ball.position.2": 0.95}),
    ("At 0.5 s a die drops from 30 cm onto the table.", {
        "bodies.die.release_at": Fraction(1, 2), "bodies.die.position.2": 1.058}),
    ("An egg falls from 1 ft onto a tile floor and breaks.", {
        "bodies.egg.position.2": 0.3048 + 0.029, "goals.shatters.body": "egg", "bodies.ground.material": "tile"}),
    # --- flight
    (HERO, {
        "bodies.ball.mass": 1.0, "bodies.ball.shape.radius": 0.031214, "bodies.pane.position": (0, 0, 0.65),
        "bodies.ball.position.0": 0.0, "bodies.ball.position.2": 0.65, "bodies.ground.shape.kind": "plane",
        "bodies.ground.material": "concrete", "bodies.pane.shape.thickness": 0.006,
        "bodies.pane.breaks.held": "edges", "lights.sun.elevation": 12.0, "lights.sun.kelvin": 3400.0,
        "lights.sun.azimuth": 234.0, "lights.sky.kind": "sky", "camera.focal_length": 35.0,
        "camera.moves.push_in.share": 0.15, "timing.frames": 72, "timing.fps": Fraction(24),
        "goals.hits.a": "ball", "goals.hits.b": "pane", "goals.shatters.body": "pane"}),
    ("A brick hits a window at 12 m/s.", {"goals.hits.a": "brick", "goals.hits.b": "pane"}),
    ("A blue ball flies from the right at 10 m/s and hits a green box.", {
        "bodies.ball.velocity.1": 0.0, "goals.hits.b": "box", "bodies.box.colour.1": 0.262251}),
    ("A ball is thrown at 45 degrees at 5 m/s.", {
        "bodies.ball.velocity": (5 / math.sqrt(2), 0, 5 / math.sqrt(2))}),
    ("A window at night. A stone is thrown at it at 15 m/s and it shatters.", {
        "goals.hits.a": "stone", "goals.shatters.body": "pane", "lights.moon.lux": 0.3}),
    ("A pyramid of 10 cans is knocked over by a tennis ball thrown at 20 m/s.", {
        "goals.hits.a": "tennis_ball", "goals.scatters.least": 2, "bodies.tennis_ball.mass": 0.058}),
    ("A steel ball hits a pane at 1 m/s without breaking it.", {
        "goals.survives.body": "pane", "goals.hits.a": "ball"}),
    ("A ball flies from the left at 10 m/s into a pane.", {
        "bodies.ball.velocity.1": 0.0, "bodies.pane.rotation.3": math.sqrt(0.5)}),
    # --- rolling, sliding, slopes
    ("A tyre rolls at 18 km/h along the road.", {
        "bodies.wheel.velocity": (5, 0, 0), "bodies.wheel.spin.1": math.degrees(5 / 0.3),
        "bodies.wheel.rotation.1": math.sqrt(0.5), "bodies.ground.material": "asphalt"}),
    ("A barrel rolls to the left at 2 m/s.", {
        "bodies.barrel.velocity": (-2, 0, 0), "bodies.barrel.spin.1": -math.degrees(2 / 0.285)}),
    ("An ice cube slides across a steel table at 1 m/s.", {
        "bodies.cube.velocity": (1, 0, 0), "bodies.cube.spin": (0, 0, 0), "bodies.cube.position.2": 0.8}),
    ("A glass marble rolls down a 20° wooden ramp and hits a domino.", {
        "bodies.ramp.shape.points.4.2": 0.6 * math.tan(math.radians(20)), "goals.hits.b": "domino",
        "bodies.marble.velocity": (0, 0, 0), "bodies.ramp.material": "oak"}),
    ("A wooden crate slides down a ramp with an angle of 25 degrees.", {
        "bodies.crate.rotation.2": math.sin(math.radians(12.5)),
        "bodies.ramp.shape.points.4.2": 0.6 * math.tan(math.radians(25))}),
    ("A mug slides along the table at 2 mph and falls off.", {"bodies.cup.velocity.0": 0.89408}),
    ("A billiard ball at rest on the table; another billiard ball strikes it at 3 m/s.", {
        "bodies.billiard_ball_b.velocity": (3, 0, 0), "goals.hits.b": "billiard_ball",
        "bodies.billiard_ball_b.position.2": 0.7786}),
    ("A crate is pushed to the right at 2 m/s.", {"forces.pushes.0.impulse": (24, 0, 0)}),
    # --- hanging, swinging, spinning, floating
    ("A pendulum swings from 60 degrees on a 1 m rope.", {
        "forces.joints.rope.a": "pendulum", "bodies.pendulum.position.0": -1.06 * math.sin(math.radians(60))}),
    ("Ten crates stacked. A wrecking ball swings into them from the left.", {
        "forces.joints.rope.a": "wrecking_ball", "goals.hits.a": "wrecking_ball"}),
    ("An iron ball hangs from a 2 m rope.", {
        "forces.joints.rope.at_b.2": 0.9 + 2, "bodies.ball.position.2": 0.85}),
    ("A coin spins on a marble table at 5 revolutions per second.", {
        "bodies.coin.spin": (0, 0, 1800), "bodies.coin.position.2": 0.762}),
    ("A capsule spins at 120 rpm in space.", {
        "bodies.capsule.spin.2": 720.0, "forces.gravity": (0, 0, 0), "lights.sun.lux": 130000.0}),
    ("A crate floats. The camera orbits 90 degrees around it.", {
        "forces.gravity": (0, 0, 0), "camera.moves.orbit.degrees": 90.0}),
    # --- light
    ("A ball. Golden hour.", {"lights.sun.elevation": 8.0, "lights.sun.kelvin": 3200.0, "lights.sky.lux": 7000.0}),
    ("A ball at noon.", {"lights.sun.elevation": 75.0, "lights.sun.lux": 100000.0}),
    ("A ball, overcast.", {"lights.dome.nits": 3000.0, "lights.dome.kelvin": 6500.0}),
    ("A ball. Candlelight.", {"lights.candle.kelvin": 1850.0, "lights.candle.lumen": 13.0}),
    ("A ball. A 5000 lumen softbox from the right, 3200 K.", {
        "lights.softbox.lumen": 5000.0, "lights.softbox.kelvin": 3200.0}),
    ("A ball. Hard cool sun 25 degrees high from behind.", {
        "lights.sun.kelvin": 7500.0, "lights.sun.elevation": 25.0, "lights.sun.azimuth": 346.0}),
    ("A ball in a white studio with three-point lighting.", {
        "lights.key.kind": "area", "lights.fill.kind": "area", "lights.rim.kind": "area",
        "bodies.ground.material": "plaster"}),
    ("A ball under a bulb of 800 lumens at 2700 K.", {"lights.bulb.lumen": 800.0, "lights.bulb.kelvin": 2700.0}),
    # --- camera
    ("A ball. 50mm f/2.8, focus on the ball.", {
        "camera.focal_length": 50.0, "camera.f_stop": 2.8, "camera.focus": "ball"}),
    ("A ball. Wide-angle lens, low angle.", {"camera.focal_length": 24.0}),
    ("A ball. Macro shot, shallow depth of field.", {
        "camera.focal_length": 100.0, "camera.f_stop": 1.8, "camera.focus": "ball"}),
    ("A ball. Pan right 30 degrees, then tilt up.", {
        "camera.moves.pan.degrees": 30.0, "camera.moves.pan.end": Fraction(3, 2),
        "camera.moves.tilt.degrees": 15.0, "camera.moves.tilt.start": Fraction(3, 2)}),
    ("A ball. Dolly left 2 m. Handheld.", {
        "camera.moves.dolly.right": -2.0, "camera.moves.handheld.degrees": 0.4}),
    ("A ball. The camera pulls out quickly.", {"camera.moves.push_in.share": -0.64}),
    ("The camera tracks a beach ball as it rolls along the beach at sunset.", {
        "camera.moves.track.body": "beach_ball", "bodies.ground.material": "sand", "lights.sun.elevation": 4.0}),
    ("A ball. Crane up 1 m over 2 s.", {"camera.moves.dolly.up": 1.0, "camera.moves.dolly.end": Fraction(2)}),
    ("A ball. Underexposed by 1 stop, noir.", {"camera.exposure": -1.0, "look": "noir"}),
    ("A ball, overexposed by half a stop. No motion blur.", {
        "camera.exposure": 0.5, "camera.shutter_angle": 0.0}),
    ("Two cubes. High key, bleach bypass.", {"camera.exposure": 1.0, "look": "bleach"}),
    # --- time, place, forces
    ("A ball falls. 4 seconds at 60 fps.", {"timing.frames": 240, "timing.fps": Fraction(60)}),
    ("A ball falls. 120 frames at 30 fps in slow motion.", {
        "timing.frames": 120, "timing.fps": Fraction(30), "timing.slow_motion": Fraction(4)}),
    ("A golf ball and a bowling ball fall from 2 m on the moon.", {
        "forces.gravity": (0, 0, -1.62), "bodies.golf_ball.position.2": 2.0213,
        "bodies.bowling_ball.position.2": 2.10795}),
    ("A ball falls on Mars.", {"forces.gravity": (0, 0, -3.71), "bodies.ground.material": "sand"}),
    ("A basketball rolls across the grass. 10 m/s wind from the left.", {
        "forces.wind.velocity.0": 10 * math.cos(math.radians(14)), "bodies.ground.material": "grass"}),
    ("A snowball flies into a wooden wall. Snow, overcast, 85mm.", {
        "bodies.ground.material": "snow", "bodies.wall.material": "oak", "camera.focal_length": 85.0}),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "expected"), SHOTS, ids=[prompt[:48] for prompt, _ in SHOTS])
def test_prompt_becomes_the_shot_it_describes(prompt: str, expected: dict[str, Any]) -> None:
    compiled = compile_prompt(prompt, strict=True)  # strict: each of these is understood to the last word
    for path, value in expected.items():
        got = at(compiled.shot, path)
        if isinstance(value, (str, int, Fraction)) and not isinstance(value, bool):
            assert got == value, path
        else:
            assert got == pytest.approx(value, abs=CLOSE), path


def test_there_are_more_than_sixty() -> None:
    assert len(SHOTS) > 60
    assert len({prompt for prompt, _ in SHOTS}) == len(SHOTS)
