"""The materials library: complete, sourced, and consistent as numbers of physics."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kinema.errors import ShotError
from kinema.shot.material import Conductor, Dielectric, Flake, Material, find_material, library

NAMES = (
    "glass tempered_glass steel stainless_steel aluminium brass gold copper lead titanium chrome iron silver "
    "oak pine plywood concrete granite marble brick rubber abs pmma nylon ice porcelain ceramic cork leather "
    "paper cardboard car_paint sand asphalt snow grass plaster tile wax foam"
)


def test_holds_the_named_materials() -> None:
    assert set(NAMES.split()) <= set(library())


@pytest.mark.parametrize("name", sorted(library()))
def test_every_number_has_a_source(name: str) -> None:
    material = library()[name]
    numbers = set(Material.model_fields) - {"sources"}
    assert set(material.sources) == numbers
    for field, source in material.sources.items():
        # What is no citation says that it is an estimate, and on what it rests.
        assert len(source) > 6, field
        if source.startswith("estimate"):
            assert len(source) > len("estimate: "), field


@pytest.mark.parametrize("name", sorted(library()))
def test_numbers_are_consistent(name: str) -> None:
    m = library()[name]
    assert 10 < m.density < 23_000  # foam to osmium
    # Irwin: K = sqrt(E Gc). No solid is tougher than 300 MPa m^0.5 (Ashby's chart ends there).
    assert math.sqrt(m.youngs_modulus * m.fracture_energy) < 300e6
    # Strain at break: elastomers and cloth stretch, nothing else passes 15 %.
    strain = m.strength / m.youngs_modulus
    assert strain < (25 if name in ("rubber", "silicone", "felt", "cotton") else 0.15)
    # Auxetic and incompressible extremes are out.
    assert 0 <= m.poisson_ratio < 0.5


def test_irwins_relation_holds_where_a_toughness_is_cited() -> None:
    checked = 0
    for m in library().values():
        source = m.sources["fracture_energy"]
        if "K²/E with K = " not in source:
            continue
        k = float(source.split("K²/E with K = ")[1].split()[0]) * 1e6
        # Two significant digits of Gc are kept.
        assert m.fracture_energy == pytest.approx(k**2 / m.youngs_modulus, rel=0.1)
        checked += 1
    assert checked >= 15


def test_a_window_is_nearly_clear_and_its_edge_green() -> None:
    glass = library()["glass"].optics
    assert isinstance(glass, Dielectric)
    through = np.exp(-0.006 * np.array(glass.absorption))
    along = np.exp(-0.5 * np.array(glass.absorption))
    # EN 410 light transmittance of 6 mm clear float is 0.88-0.90, of which 0.92 passes the two surfaces.
    assert (0.92 * through @ [0.2126, 0.7152, 0.0722]) == pytest.approx(0.89, abs=0.02)
    assert along[1] > 4 * along[2] > 4 * along[0]


def test_albedos_are_those_of_the_world() -> None:
    def luminance(name: str) -> float:
        optics = library()[name].optics
        assert not isinstance(optics, (Dielectric, Conductor))
        return float(np.dot(optics.colour, [0.2126, 0.7152, 0.0722]))

    assert (
        luminance("snow") > 0.8 > luminance("plaster") > luminance("concrete") > luminance("asphalt") > 0.04
    )
    for name, material in library().items():
        if not isinstance(material.optics, (Dielectric, Conductor)):
            # Nothing in nature is darker than soot or, but for fresh snow, lighter than 0.9.
            assert 0.01 < luminance(name) < 0.9


def test_metals_conduct_and_paint_flakes() -> None:
    for name in ("steel", "aluminium", "brass", "gold", "copper", "chrome", "titanium", "silver"):
        assert isinstance(library()[name].optics, Conductor)
    assert isinstance(library()["car_paint"].optics, Flake)


def test_an_unknown_material_lists_the_nearest() -> None:
    with pytest.raises(ShotError, match=r"glas.*glass"):
        find_material("glas", {}, path="bodies.0.material")


def test_the_shots_own_materials_come_first() -> None:
    own = library()["glass"].model_copy(update={"density": 1.0})
    assert find_material("glass", {"glass": own}, path="").density == 1.0
