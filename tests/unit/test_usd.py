"""USD stages in: units, axes, bodies, matter, light, joints, camera and time; and what cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from kinema.errors import ShotError
from kinema.shot.body import Body, Box, Compound, ConvexHull, Cylinder, Mesh, Pane, Plane, Sphere
from kinema.shot.camera import Keyed
from kinema.shot.files import dump_shot, parse_shot
from kinema.shot.force import Ball, Fixed, Hinge, Rope
from kinema.shot.light import AreaLight, Environment, SphereLight, SpotLight, Sun
from kinema.shot.material import Dielectric, Flake, Plastic
from kinema.shot.usd import FromUsd, load_usd
from kinema.shot.usd_light import nearest_kelvin
from kinema.shot.usd_pxr import pxr
from kinema.shot.usd_reading import pose_of, quaternion

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = """#usda 1.0
(
    metersPerUnit = {metres}
    upAxis = "{up}"
    startTimeCode = 1
    endTimeCode = {end}
    timeCodesPerSecond = 24
    framesPerSecond = 24
    kilogramsPerUnit = {kilograms}
)
"""
LAMP = 'def SphereLight "Lamp" { float inputs:intensity = 100 }\n'
Stage = Callable[..., FromUsd]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Loads a stage from the text of its prims."""

    def load(prims: str, *, metres: float = 1, up: str = "Z", end: int = 24, kilograms: float = 1) -> FromUsd:
        head = HEAD.format(metres=metres, up=up, end=end, kilograms=kilograms)
        path = tmp_path / "stage.usda"
        # USD wants a line for each statement; the tests are shorter without.
        path.write_text(head + (LAMP + prims).replace("{ ", "{\n").replace(" }", "\n}"))
        return load_usd(path)

    return load


def rigid(kind: str, name: str, fields: str, *, apis: str = "") -> str:
    return f'''def {kind} "{name}" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI"{apis}])
    {{
    {fields}
    }}
    '''


def rotated(body: Body, vector: tuple[float, float, float]) -> np.ndarray:
    """A vector of the body's frame in the world, by the quaternion product."""
    w, *q = body.rotation
    v, u = np.array(vector), np.array(q)
    return v + 2 * w * np.cross(u, v) + 2 * np.cross(u, np.cross(u, v))


def test_the_example_stage() -> None:
    loaded = load_usd(EXAMPLES / "scene.usda")
    shot = loaded.shot
    assert parse_shot(dump_shot(shot)) == shot
    assert shot.timing.frames == 84
    assert sum(isinstance(b.shape, Box) and b.motion == "dynamic" for b in shot.bodies) == 10
    ball = shot.body("Ball")
    assert (ball.shape, ball.material) == (Sphere(radius=0.06), "chrome")
    # 110 cm from its hook, 50 degrees up; the stage gives places to a hundredth of a millimetre.
    assert isinstance(rope := shot.forces.joints[0], Rope)
    assert math.dist(rope.at_a, rope.at_b) == pytest.approx(1.1, abs=3e-5)
    assert shot.camera.sensor_width == pytest.approx(36)
    assert isinstance(shot.camera.moves[0], Keyed)
    # Nothing is left out of it: the notes are about names alone.
    assert all("of the library by its name" in note for note in loaded.notes)


def test_centimetres_and_y_up(stage: Stage) -> None:
    fields = """double size = 50
        double3 xformOp:translate = (100, 200, 300)
        float3 xformOp:scale = (1, 2, 3)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:scale"]
        vector3f physics:velocity = (100, 0, -50)
        vector3f physics:angularVelocity = (0, 90, 0)
        float physics:mass = 2000"""
    prims = rigid("Cube", "Crate", fields, apis=', "PhysicsMassAPI"')
    body = stage(prims, metres=0.01, up="Y", kilograms=0.001).shot.body("Crate")
    assert body.position == (1.0, -3.0, 2.0)
    assert isinstance(body.shape, Box)
    assert body.shape.size == pytest.approx((0.5, 1.0, 1.5))
    # y up stands on z.
    assert rotated(body, (0, 1, 0)) == pytest.approx((0, 0, 1), abs=1e-9)
    assert body.velocity == pytest.approx((1.0, 0.5, 0.0))
    assert body.spin == pytest.approx((0, 0, 90))
    assert body.mass == pytest.approx(2.0)


@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_axes_of_round_shapes(stage: Stage, axis: str) -> None:
    body = stage(
        rigid("Cylinder", "Can", f'uniform token axis = "{axis}"\n double radius = 0.1\n double height = 3')
    ).shot.body("Can")
    assert body.shape == Cylinder(radius=0.1, height=3)
    along = np.eye(3)["XYZ".index(axis)]
    assert abs(rotated(body, (0, 0, 1)) @ along) == pytest.approx(1)


def test_an_uneven_sphere_is_an_ellipsoid(stage: Stage) -> None:
    fields = 'double radius = 1\n float3 xformOp:scale = (1, 2, 3)\n uniform token[] xformOpOrder = ["xformOp:scale"]'
    shape = stage(rigid("Sphere", "Egg", fields)).shot.body("Egg").shape
    assert isinstance(shape, ConvexHull)
    on_surface = (np.array(shape.points) / [1, 2, 3]) ** 2
    # Points are kept to a nanometre.
    assert on_surface.sum(1) == pytest.approx(np.ones(len(shape.points)), abs=1e-8)


def test_several_shapes_are_one_compound(stage: Stage) -> None:
    parts = """
        double3 xformOp:translate = (0, 0, 5)
        uniform token[] xformOpOrder = ["xformOp:translate"]
        def Sphere "Head" { double radius = 0.2
            double3 xformOp:translate = (0, 0, 1)
            uniform token[] xformOpOrder = ["xformOp:translate"] }
        def Cylinder "Stick" { double radius = 0.05
            double height = 2 }
    """
    body = stage(rigid("Xform", "Hammer", parts)).shot.body("Hammer")
    assert isinstance(body.shape, Compound)
    assert body.position == (0, 0, 5)
    assert {part.shape.kind: part.position for part in body.shape.parts} == {
        "sphere": (0, 0, 1),
        "cylinder": (0, 0, 0),
    }


MESH = """
    point3f[] points = [(0,0,0), (1,0,0), (0,1,0), (0,0,1)]
    int[] faceVertexCounts = [3, 3, 3, 3]
    int[] faceVertexIndices = [0,2,1, 0,1,3, 0,3,2, 1,2,3]
"""


def test_a_mesh_is_found_again_by_file_and_prim(stage: Stage) -> None:
    shape = stage(rigid("Mesh", "Rock", MESH), metres=0.01).shot.body("Rock").shape
    assert shape == Mesh(file="stage.usda", prim="/Rock", scale=0.01)


def test_a_flat_mesh_is_a_thin_box_behind_its_face(stage: Stage) -> None:
    flat = """def Mesh "Ground" (prepend apiSchemas = ["PhysicsCollisionAPI"]) {
        point3f[] points = [(-5,-5,0), (5,-5,0), (5,5,0), (-5,5,0)]
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0,1,2,3] }"""
    loaded = stage(flat)
    body = loaded.shot.body("Ground")
    assert isinstance(body.shape, Box)
    assert body.position[2] + body.shape.size[2] / 2 == pytest.approx(0)
    assert any("flat mesh" in note for note in loaded.notes)


def test_kinematic_and_still(stage: Stage) -> None:
    keys = """bool physics:kinematicEnabled = 1
        double3 xformOp:translate.timeSamples = { 1: (0, 0, 0), 25: (2.4, 0, 0) }
        uniform token[] xformOpOrder = ["xformOp:translate"]"""
    loaded = stage(rigid("Cube", "Mover", keys) + 'def Plane "Floor" {}\n', end=25)
    mover, floor = loaded.shot.body("Mover"), loaded.shot.body("Floor")
    assert mover.motion == "kinematic"
    assert [k.at for k in mover.keyframes] == [Fraction(i, 24) for i in range(25)]
    assert [k.position[0] for k in mover.keyframes] == pytest.approx([0.1 * i for i in range(25)])
    assert isinstance(floor.shape, Plane)
    assert floor.motion == "static"
    assert any("/Floor: does not collide in USD" in note for note in loaded.notes)


def test_a_thin_breaking_cube_is_a_pane(stage: Stage) -> None:
    fields = """double size = 1
        float3 xformOp:scale = (0.006, 1, 0.8)
        uniform token[] xformOpOrder = ["xformOp:scale"]
        int kinema:breaks:pieces = 90
        token kinema:breaks:held = "edges"
        token kinema:material = "glass" """
    body = stage(rigid("Cube", "Window", fields)).shot.body("Window")
    assert isinstance(body.shape, Pane)
    assert body.shape.thickness == pytest.approx(0.006)
    size = {"x": body.shape.width, "y": body.shape.thickness, "z": body.shape.height}
    world = {
        tuple(np.abs(np.round(rotated(body, tuple(np.eye(3)[i])))).astype(int)): size[a]
        for i, a in enumerate("xyz")
    }
    assert world == pytest.approx({(1, 0, 0): 0.006, (0, 1, 0): 1, (0, 0, 1): 0.8})
    assert body.breaks is not None
    assert (body.breaks.pieces, body.breaks.held, body.material) == (90, "edges", "glass")


def looks(surface: str, physics: str = "", name: str = "Paint") -> str:
    api = ' (prepend apiSchemas = ["PhysicsMaterialAPI"])' if physics else ""
    return (
        rigid("Sphere", "Thing", f"rel material:binding = </{name}>", apis=', "MaterialBindingAPI"')
        + f'''
    def Material "{name}"{api} {{
        {physics}
        token outputs:surface.connect = </{name}/S.outputs:surface>
        def Shader "S" {{ uniform token info:id = "UsdPreviewSurface"
            {surface}
            token outputs:surface }} }}'''
    )


def test_preview_surfaces(stage: Stage) -> None:
    def optics(surface: str) -> object:
        shot = stage(looks(surface)).shot
        return shot.materials[shot.body("Thing").material].optics

    plastic = optics("color3f inputs:diffuseColor = (0.5, 0.25, 0.125)\n float inputs:roughness = 0.5")
    # kinema's roughness is GGX alpha, the square of the preview surface's.
    assert plastic == Plastic(colour=(0.5, 0.25, 0.125), roughness=0.25)
    glass = optics(
        "color3f inputs:diffuseColor = (1, 1, 1)\n float inputs:opacity = 0\n "
        "float inputs:ior = 1.33\n float inputs:roughness = 0"
    )
    assert glass == Dielectric(ior=1.33, roughness=0)
    metal = optics(
        "float inputs:metallic = 1\n color3f inputs:diffuseColor = (1, 0.5, 0.25)\n float inputs:roughness = 0.5"
    )
    assert metal == Flake(colour=(1, 0.5, 0.25), metallic=1, roughness=0.5, clearcoat=0)


def test_a_material_by_name_with_its_own_friction(stage: Stage) -> None:
    loaded = stage(
        looks("", "float physics:dynamicFriction = 0.9\n float physics:restitution = 0.1", "WhiteOak_Mat")
    )
    shot = loaded.shot
    own = shot.materials[shot.body("Thing").material]
    assert (own.friction, own.restitution, own.density) == (0.9, 0.1, 760)
    assert any("is oak of the library" in note for note in loaded.notes)


def test_a_wrong_kinema_material_is_refused(stage: Stage) -> None:
    with pytest.raises(ShotError, match=r"Thing\.kinema:material.*glass"):
        stage(rigid("Sphere", "Thing", 'token kinema:material = "glas"'))


def test_lights_in_photometric_units(stage: Stage) -> None:
    shot = stage("""
    def SphereLight "Bulb" { float inputs:intensity = 1000
        float inputs:exposure = 1
        float inputs:radius = 10 }
    def SphereLight "Even" { float inputs:intensity = 50
        bool inputs:normalize = 1
        float inputs:radius = 7 }
    def RectLight "Panel" { float inputs:intensity = 500
        float inputs:width = 200
        float inputs:height = 100
        bool inputs:enableColorTemperature = 1
        float inputs:colorTemperature = 3200 }
    def DiskLight "Spot" (prepend apiSchemas = ["ShapingAPI"]) { float inputs:intensity = 100
        float inputs:radius = 10
        float inputs:shaping:cone:angle = 20 }
    def DistantLight "Sun" { float inputs:intensity = 60000
        float3 xformOp:rotateXYZ = (60, 0, 0)
        uniform token[] xformOpOrder = ["xformOp:rotateXYZ"] }
    def DomeLight "Dome" { float inputs:intensity = 300
        token visibility = "invisible" }
    """, metres=0.01).shot  # fmt: skip
    lights = {light.name: light for light in shot.lights}
    bulb, even, panel, spot = lights["Bulb"], lights["Even"], lights["Panel"], lights["Spot"]
    assert isinstance(bulb, SphereLight)
    assert bulb.lumen == pytest.approx(math.pi * 2000 * 4 * math.pi * 0.1**2)
    assert isinstance(even, SphereLight)
    # Normalised: L = intensity / area in scene units, so flux does not depend on the radius.
    assert even.lumen == pytest.approx(math.pi * 50 * 0.01**2)
    assert isinstance(panel, AreaLight)
    assert (panel.lumen, panel.kelvin) == (pytest.approx(math.pi * 500 * 2.0 * 1.0), 3200)
    assert panel.aim[2] < panel.position[2]
    assert isinstance(spot, SpotLight)
    assert (spot.candela, spot.beam) == (pytest.approx(100 * math.pi * 0.1**2), pytest.approx(40))
    sun, dome = lights["Sun"], lights["Dome"]
    assert isinstance(sun, Sun)
    # Turned 60 degrees about x, light that fell straight down comes from the south, 30 degrees up.
    assert (sun.lux, sun.elevation, sun.azimuth) == (60_000, pytest.approx(30), pytest.approx(180))
    assert isinstance(dome, Environment)
    assert (dome.nits, dome.on) == (300, False)


def test_the_nearest_kelvin_of_planckian_colours() -> None:
    # CIE D65 is white of Rec.709; McCamy's cubic is good to 2 K there and to 1 % at illuminant A (2856 K).
    assert nearest_kelvin((1, 1, 1)) == pytest.approx(6504, abs=4)
    a = np.linalg.solve(
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]),
        [1.09850, 1.0, 0.35585],
    )
    assert nearest_kelvin(a) == pytest.approx(2856, rel=0.01)


def test_joints_and_gravity(stage: Stage) -> None:
    prims = """def PhysicsScene "Physics" { vector3f physics:gravityDirection = (0, -1, 0)
        float physics:gravityMagnitude = 162 }\n"""
    for name, x in (("A", 0), ("B", 100), ("C", 200), ("D", 300)):
        fields = f"""double radius = 10
            double3 xformOp:translate = ({x}, 100, 0)
            uniform token[] xformOpOrder = ["xformOp:translate"]"""
        prims += rigid("Sphere", name, fields)
    prims += """
    def PhysicsRevoluteJoint "Hinge" { rel physics:body0 = </A>
        rel physics:body1 = </B>
        uniform token physics:axis = "Y"
        point3f physics:localPos0 = (50, 0, 0)
        float physics:lowerLimit = -30
        float physics:upperLimit = 60 }
    def PhysicsSphericalJoint "Ball" { rel physics:body1 = </C>
        point3f physics:localPos0 = (200, 150, 0)
        point3f physics:localPos1 = (0, 50, 0) }
    def PhysicsFixedJoint "Weld" { rel physics:body0 = </C>
        rel physics:body1 = </D> }
    def PhysicsPrismaticJoint "Slider" { rel physics:body0 = </C> }
    """
    loaded = stage(prims, metres=0.01, up="Y")
    hinge, ball, weld = loaded.shot.forces.joints
    assert loaded.shot.forces.gravity == pytest.approx((0, 0, -1.62))
    assert isinstance(hinge, Hinge)
    assert (hinge.a, hinge.b, hinge.limits) == ("A", "B", (-30, 60))
    assert hinge.anchor == pytest.approx((0.5, 0, 1))
    assert hinge.axis == pytest.approx((0, 0, 1))
    assert isinstance(ball, Ball)
    assert (ball.a, ball.b) == ("C", None)
    assert ball.anchor == pytest.approx((2, 0, 1.5))
    assert isinstance(weld, Fixed)
    assert any("/Slider: PhysicsPrismaticJoint is not understood" in note for note in loaded.notes)


def test_the_camera(stage: Stage) -> None:
    prims = """def Camera "Cam" { float focalLength = 50
        float horizontalAperture = 36
        float fStop = 2.8
        float focusDistance = 400
        float exposure = 0.5
        double shutter:open = -0.25
        double shutter:close = 0.25
        double3 xformOp:translate = (0, 150, 400)
        float3 xformOp:rotateXYZ = (0, 0, 10)
        uniform token[] xformOpOrder = ["xformOp:translate", "xformOp:rotateXYZ"] }"""
    camera = stage(prims, metres=0.01, up="Y").shot.camera
    assert camera.position == (0, -4, 1.5)
    assert camera.aim == pytest.approx((0, 0, 1.5))
    # Lens and sensor are in tenths of a scene unit: on a stage of centimetres, millimetres.
    assert (camera.focal_length, camera.sensor_width) == (pytest.approx(50), pytest.approx(36))
    assert (camera.f_stop, camera.focus, camera.shutter_angle, camera.exposure) == (
        pytest.approx(2.8),
        pytest.approx(4),
        pytest.approx(180),
        0.5,
    )
    # Turned counter-clockwise about the view's back: counter to the operator's clock.
    assert camera.roll == pytest.approx(-10, abs=1e-4)


def test_a_stage_of_metres_with_a_lens_in_millimetres(stage: Stage) -> None:
    loaded = stage('def Camera "Cam" { float focalLength = 35\n float horizontalAperture = 36 }')
    assert (loaded.shot.camera.focal_length, loaded.shot.camera.sensor_width) == (35, 36)
    assert any("is read as 36 mm" in note for note in loaded.notes)


def test_time(tmp_path: Path) -> None:
    path = tmp_path / "ntsc.usda"
    path.write_text(
        "#usda 1.0\n(\n framesPerSecond = 23.976\n timeCodesPerSecond = 23.976\n"
        " startTimeCode = 101\n endTimeCode = 148\n)\n"
    )
    timing = load_usd(path).shot.timing
    assert (timing.fps, timing.frames) == (Fraction(24000, 1001), 48)


def test_all_encodings_give_the_same_shot(tmp_path: Path) -> None:
    Sdf, UsdUtils = pxr("Sdf"), pxr("UsdUtils")
    Sdf.Layer.FindOrOpen(str(EXAMPLES / "scene.usda")).Export(str(tmp_path / "scene.usdc"))
    assert UsdUtils.CreateNewUsdzPackage(str(tmp_path / "scene.usdc"), str(tmp_path / "scene.usdz"))
    text = load_usd(EXAMPLES / "scene.usda").shot
    assert load_usd(tmp_path / "scene.usdc").shot == text
    assert load_usd(tmp_path / "scene.usdz").shot == text


def test_layers_beside_the_stage_are_composed(tmp_path: Path) -> None:
    (tmp_path / "props").mkdir()
    (tmp_path / "props" / "ball.usda").write_text(
        '#usda 1.0\n(\ndefaultPrim = "Ball"\n)\ndef Sphere "Ball" (prepend apiSchemas = ["PhysicsRigidBodyAPI"])\n'
        "{\ndouble radius = 0.3\n}\n"
    )
    path = tmp_path / "stage.usda"
    path.write_text(
        "#usda 1.0\n(\nmetersPerUnit = 1\n)\n"
        'def "One" (references = @./props/ball.usda@)\n{\n}\ndef "Two" (references = @props/ball.usda@)\n{\n}\n'
    )
    bodies = load_usd(path).shot.bodies
    assert {body.name: body.shape for body in bodies} == {
        "One": Sphere(radius=0.3),
        "Two": Sphere(radius=0.3),
    }


def test_what_is_not_understood_is_said(stage: Stage) -> None:
    loaded = stage(
        'def PointInstancer "Crowd" {}\n def BasisCurves "Hair" {}\n'
        'def Sphere "Dust" { token visibility = "invisible" }\n'
    )
    for prim in ("/Crowd: PointInstancer", "/Hair: BasisCurves"):
        assert any(note.startswith(prim) for note in loaded.notes)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "USD stage"),
        (b"#usda 1.0\ndef Sphere {", "USD stage"),
        (bytes(range(256)), "USD stage"),
        (b"PXR-USDC" + bytes(200), "USD stage"),
        (b"#usda 1.0\n(\n subLayers = [@../secret.usda@]\n)\n", "outside its folder"),
        (b"#usda 1.0\n(\n subLayers = [@http://host/x.usda@]\n)\n", "outside its folder"),
        (b'#usda 1.0\ndef "A" (references = @/etc/passwd@) {}\n', "outside its folder"),
        (b'#usda 1.0\ndef "A" (payload = @missing.usda@) {}\n', "all the files"),
        (b'#usda 1.0\ndef "A" (\nvariants = {\nstring v = "x"\n}\nprepend variantSets = "v"\n)\n{\nvariantSet "v" = '
         b'{\n"x" (references = @../y.usda@) {\n}\n}\n}\n', "outside its folder"),
        (b"#usda 1.0\n(\n metersPerUnit = 0\n)\n", "above 0"),
        (b"#usda 1.0\n(\n startTimeCode = 0\n endTimeCode = 1e9\n)\n", "1 to 200000 frames"),
        (b"#usda 1.0\n(\n framesPerSecond = 5000\n)\n", "at most 1000"),
        (b'#usda 1.0\ndef Sphere "S" {\ndouble3 xformOp:translate = (inf, 0, 0)\n'
         b'uniform token[] xformOpOrder = ["xformOp:translate"]\n}\n', "finite"),
    ],
)  # fmt: skip
def test_bad_stages(tmp_path: Path, content: bytes, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "shot"
    folder.mkdir()
    (tmp_path / "secret.usda").write_text("#usda 1.0\n")
    (tmp_path / "y.usda").write_text("#usda 1.0\n")
    path = folder / "bad.usda"
    path.write_bytes(content)
    with pytest.raises(ShotError, match=rule) as caught:
        load_usd(path)
    assert "\n" not in str(caught.value)
    # One clear error: USD's own complaints stay off the terminal.
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("seed", range(12))
def test_a_stage_with_wrong_numbers_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    words = re.split(r"(?<![\w.])(-?\d+(?:\.\d+)?)(?![\w.])", (EXAMPLES / "scene.usda").read_text())
    odd = 1 + 2 * random.integers(4, len(words) // 2, size=3)
    for at in odd:
        words[at] = random.choice(["inf", "-1", "0", "1e308", "99999999999999999999", "-inf"])
    path = tmp_path / "odd.usda"
    path.write_text("".join(words))
    try:
        loaded = load_usd(path)
    except ShotError as error:
        loaded = error.next_step
    assert loaded


def test_a_damaged_binary_stage_is_refused_and_nothing_falls(tmp_path: Path) -> None:
    path = tmp_path / "damaged.usdc"
    pxr("Sdf").Layer.FindOrOpen(str(EXAMPLES / "scene.usda")).Export(str(path))
    whole = path.read_bytes()
    for seed in range(4):
        random = np.random.default_rng(seed)
        content = np.frombuffer(whole, np.uint8).copy()
        content[random.integers(0, len(content), 40)] = random.integers(0, 256, 40)
        path.with_stem(f"damaged_{seed}").write_bytes(content.tobytes())
        try:
            loaded = load_usd(path.with_stem(f"damaged_{seed}"))
        except ShotError as error:
            loaded = error.next_step
        assert loaded


def test_paths_that_are_no_stage(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.usda"):
        with pytest.raises(ShotError, match="existing USD file"):
            load_usd(path)


@pytest.mark.parametrize("seed", range(8))
def test_poses_are_rotations(seed: int) -> None:
    random = np.random.default_rng(seed)
    q, _ = np.linalg.qr(random.normal(size=(3, 3)))
    q = q * np.sign(np.linalg.det(q))
    scale = random.uniform(0.1, 5, 3)
    matrix = np.eye(4)
    matrix[:3, :3] = q * scale
    pose = pose_of(matrix)
    # Double precision, and quaternions kept to 12 digits.
    assert pose.axes == pytest.approx(q, abs=1e-9)
    assert pose.scale == pytest.approx(scale, rel=1e-12)
    assert not pose.sheared
    w, x, y, z = quaternion(q)
    assert q[:, 2] == pytest.approx(
        [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], abs=1e-10
    )
