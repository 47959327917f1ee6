"""What a body wears: the finish, colour and roughness that words give it over the material it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from kinema.errors import UsageError
from kinema.shot.body import Body
from kinema.shot.dressing.read import Coat
from kinema.shot.dressing.wet import WET, wet
from kinema.shot.material import Conductor, Dielectric, Material, find_material
from kinema.shot.prompt.lexicon import Sense
from kinema.shot.prompt.read_things import ROUGHNESS
from kinema.shot.shot import Shot
from kinema.shot.units import to_linear_rgb


class Wardrobe:
    """Fields of bodies as they are dressed, and the materials that wet ones are drawn as."""

    def __init__(self, shot: Shot) -> None:
        self.materials: dict[str, Material] = dict(shot.materials)
        self.worn: dict[str, dict[str, Any]] = {}
        """Name of a body → fields that replace its own."""

    def put_on(self, body: Body, coats: Sequence[Coat]) -> None:
        """All that the words say of one body. Raises `UsageError` where they contradict each other."""
        material, colour = _one(body, coats, "material"), _one(body, coats, "colour")
        surfaces = {s.name for coat in coats for s in coat.senses if s.kind in ("surface", "quality")}
        for pair in ({"wet", "dry"}, {"shiny", "matte"}):
            if pair <= surfaces:
                raise _both(body, sorted(pair))
        seen = body.finish or body.material
        fields: dict[str, Any] = {}
        if material is not None:
            # The new matter shows as it is: what the old one was painted or polished with goes.
            fields = {"finish": material.name, "colour": None, "roughness": None}
        elif "dry" in surfaces and seen.startswith(WET):
            raise UsageError(
                f"a dry {body.name}",
                "must be dry matter of a kind: what lies under the water was not kept",
                got="“dry” alone",
                next_step=f"Write, say, “dry {body.material} {body.name}”.",
            )
        if colour is not None:
            fields["colour"] = to_linear_rgb(colour.entry)
        for name in surfaces & set(ROUGHNESS):
            fields["roughness"] = ROUGHNESS[name]
        if "wet" in surfaces:
            fields |= self._wet(body.model_copy(update=fields))
        self.worn[body.name] = fields

    def _wet(self, body: Body) -> dict[str, Any]:
        """A finish under water. Matter that soaks does so in its colour, which the finish then holds."""
        seen = body.finish or body.material
        if seen.startswith(WET):
            return {"finish": seen}
        dry = find_material(seen, self.materials, path=f"bodies.{body.name}.finish")
        optics = dry.optics
        clear = isinstance(optics, Conductor | Dielectric)
        if body.colour is not None and not clear:
            optics = optics.model_copy(update={"colour": body.colour})
        soaked = dry.model_copy(update={"optics": wet(optics)})
        first = f"{WET}{seen[:56]}"
        names = (first if n == 1 else f"{first}_{n}" for n in count(1))
        name = next(name for name in names if self.materials.setdefault(name, soaked) == soaked)
        return {"finish": name, "roughness": None} | ({} if clear else {"colour": None})


def _one(body: Body, coats: Sequence[Coat], kind: str) -> Sense | None:
    """The one material or colour that is said of a body, by the words for the fewest bodies: "brass dominoes, glass
    domino 2"."""
    every = [(len(coat.bodies) or 1, s) for coat in coats for s in coat.senses if s.kind == kind]
    fewest = min((bodies for bodies, _ in every), default=0)
    said = {sense.name or sense.entry: sense for bodies, sense in every if bodies == fewest}
    if len(said) > 1:
        raise _both(body, sorted(said))
    return next(iter(said.values()), None)


def _both(body: Body, words: Sequence[str]) -> UsageError:
    return UsageError(
        f"the look of {body.name}",
        "must not contradict itself",
        got=" and ".join(words),
        next_step="Keep one of them.",
    )
