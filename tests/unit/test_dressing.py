"""A look in words: what each word sets, what stays, and what is refused."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.diffusion.caption import captions, encode
from kinema.diffusion.looks import is_look, painted_looks
from kinema.errors import KinemaError, ShotError, UsageError
from kinema.media.look import looks as grades
from kinema.physics.build import world_hash
from kinema.render.surface import base_colour, surface_of
from kinema.request import Request, in_look
from kinema.shot.change import change
from kinema.shot.dressing import Dressed, dress
from kinema.shot.dressing.wet import SOAKED, WATER, wet
from kinema.shot.dressing.words import listed, own_words
from kinema.shot.files import dump_shot, load_shot, parse_shot
from kinema.shot.material import Plastic, library
from kinema.shot.prompt import compile_prompt
from kinema.shot.prompt.lexicon import vocabulary
from kinema.shot.prompt.tables import table
from kinema.shot.shot import Shot

DOMINOES = load_shot(Path(__file__).parents[2] / "examples" / "dominoes.yaml")
GLASS = compile_prompt("A steel ball hits a glass pane at 8 m/s. Concrete floor, overcast.").shot
MATTER = ("density", "friction", "restitution", "youngs_modulus", "poisson_ratio", "strength")


def sets(dressed: Dressed) -> dict[str, list[str]]:
    return {phrase.words: [str(setting) for setting in phrase.sets] for phrase in dressed.phrases}


def ground_of(shot: Shot) -> np.ndarray:
    """The base colour it is drawn with."""
    return base_colour(surface_of(shot, shot.body("ground")))


def refusal(text: str) -> str:
    with pytest.raises(KinemaError) as caught:
        dress(GLASS, text)
    assert caught.value.exit_code == 2
    return str(caught.value)


# --- what words set -----------------------------------------------------------------------------------------


def test_the_look_of_the_manual_sets_style_and_ground_and_says_so():
    dressed = dress(GLASS, "noir film, wet asphalt")
    assert sets(dressed) == {
        "noir film": ["look = painted-noir"],
        "wet asphalt": ["bodies.ground.finish = wet_asphalt"],
    }
    assert dressed.shot.dressing == "noir film, wet asphalt"
    assert dressed.assumed == ()


def test_only_what_is_seen_changes():
    dressed = dress(GLASS, "film, wet red asphalt, shiny gold ball, golden hour").shot
    seen = {"finish", "colour", "roughness"}
    for before, after in zip(GLASS.bodies, dressed.bodies, strict=True):
        assert before.model_dump(exclude=seen) == after.model_dump(exclude=seen)
    same = {"timing", "forces", "goals", "seed", "title", "prompt"}
    assert GLASS.model_dump(include=same) == dressed.model_dump(include=same)
    lens = {"position", "aim", "focal_length", "f_stop", "focus", "moves", "shutter_angle"}
    assert GLASS.camera.model_dump(include=lens) == dressed.camera.model_dump(include=lens)
    assert dressed.body("ground").material == "concrete"
    assert world_hash(dressed) == world_hash(GLASS)


def test_another_material_would_be_another_world():
    """What the hash is for: asphalt to slide on is not asphalt to look at."""
    assert world_hash(change(GLASS, "body.ground.material", "asphalt")) != world_hash(GLASS)
    assert world_hash(change(GLASS, "body.ground.finish", "asphalt")) == world_hash(GLASS)


def test_a_finish_is_drawn_and_written_and_must_be_known():
    shot = change(GLASS, "body.ground.finish", "asphalt")
    np.testing.assert_allclose(ground_of(shot), base_colour(library()["asphalt"].optics))
    assert parse_shot(dump_shot(shot)) == shot
    with pytest.raises(KinemaError, match=r"ground\]\.finish must name a material.*Nearest: asphalt"):
        change(GLASS, "body.ground.finish", "asfalt")


def test_bodies_are_named_by_their_names_and_nouns_one_or_many():
    dressed = dress(DOMINOES, "ink, brass dominoes, glass domino 2, red marble, polished oak table").shot
    assert [dressed.body(f"domino_{i}").finish for i in (1, 2, 3, 24)] == ["brass", "glass", "brass", "brass"]
    assert dressed.body("marble").colour is not None
    assert dressed.body("marble").finish is None
    assert (dressed.body("table").finish, dressed.body("table").roughness) == ("oak", 0.05)


def test_new_matter_hides_the_colour_of_the_old():
    assert dress(DOMINOES, "brass dominoes").shot.body("domino_1").colour is None
    assert dress(DOMINOES, "shiny dominoes").shot.body("domino_1").colour == DOMINOES.body("domino_1").colour


def test_light_is_put_up_as_a_prompt_puts_it_up():
    """The same words in the prompt, about the same scene."""
    words = "A steel ball hits a glass pane at 8 m/s. Concrete floor, "
    for light in ("golden hour", "low warm sun from camera left", "blue hour", "a softbox from the right"):
        said = compile_prompt(words + light + ".").shot
        put = dress(GLASS, light).shot
        assert [x.kind for x in put.lights] == [x.kind for x in said.lights]
        assert put.camera.exposure == said.camera.exposure
        assert put.camera.white_balance == said.camera.white_balance
        for light_put, light_said in zip(put.lights, said.lights, strict=True):
            a, b = light_put.model_dump(), light_said.model_dump()
            assert a["kelvin"] == b["kelvin"]
            # Where the camera stands is kept to 0.1 mm, the heading to a hundredth of a degree.
            assert a.get("azimuth") == pytest.approx(b.get("azimuth"), abs=0.01)
            if "aim" in a:
                # The radius it was framed for is not kept in a shot; what fills the picture stands in for it.
                far, near = (math.dist(each["position"], each["aim"]) for each in (a, b))
                assert 0.5 < far / near < 2


def test_new_light_is_metered_anew_and_old_light_is_left_alone():
    pinned = change(change(GLASS, "camera.ev100", "3"), "camera.exposure", "-1")
    assert dress(pinned, "noir film, wet").shot.camera == pinned.camera
    assert dress(pinned, "noir film, wet").shot.lights == pinned.lights
    lit = dress(pinned, "golden hour").shot.camera
    assert (lit.ev100, lit.exposure) == (None, 0.4)
    assert dress(pinned, "overcast, underexposed by 2 stops").shot.camera.exposure == -2


def test_a_mood_of_exposure_with_weather_brings_no_lamps():
    assert [light.kind for light in dress(GLASS, "moody, overcast").shot.lights] == ["environment"]
    assert "area" in {light.kind for light in dress(GLASS, "moody").shot.lights}


def test_words_with_two_senses_are_looks_only_where_they_stand_alone():
    assert dress(GLASS, "clay").shot.look == "clay"
    assert dress(GLASS, "clay floor").shot.body("ground").finish == "terracotta"
    assert dress(GLASS, "night").shot.look == "night"
    moonlit = dress(GLASS, "watercolour at night").shot
    assert (moonlit.look, moonlit.lights[0].name) == ("watercolour", "moon")
    assert dress(GLASS, "soft").shot.look == "soft"
    assert dress(GLASS, "soft light from the left").shot.look == GLASS.look


def test_a_look_is_kept_where_none_is_named_and_dressings_add_up():
    first = dress(GLASS, "ink, wet").shot
    second = dress(first, "golden hour").shot
    assert second.look == "ink"
    assert second.body("ground").finish == "wet_concrete"
    assert second.dressing == "ink, wet; golden hour"


# --- water --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(library()))
def test_water_makes_all_matter_shine_and_darkens_what_soaks(name):
    dry = library()[name].optics
    soaked = wet(dry)
    if dry.kind == "diffuse":
        assert isinstance(soaked, Plastic)
        assert soaked.ior == WATER
        np.testing.assert_allclose(soaked.colour, SOAKED * np.array(dry.colour), atol=1e-6)
        assert soaked.texture == dry.texture
    else:
        assert soaked.kind == dry.kind
        assert getattr(soaked, "roughness", 0) <= getattr(dry, "roughness", 0)
    assert wet(soaked) == soaked  # no wetter than wet


@pytest.mark.parametrize(("name", "low", "high"), [("asphalt", 0.34, 0.37), ("snow", 0.45, 0.5)])
def test_a_traced_film_darkens_as_lekner_and_dorf_have_it(name, low, high):
    """Albedo under the film: (1 - Fe) (1 - Fi) d / (1 - Fi d), Fe the diffuse reflectance of water from outside, 0.066,
    and Fi from within, 1 - (1 - Fe) / n²."""
    dry = base_colour(library()[name].optics)
    below = base_colour(wet(library()[name].optics))
    outer = 0.066
    inner = 1 - (1 - outer) / WATER**2
    ratio = (1 - outer) * (1 - inner) * below / (1 - inner * below) / dry
    assert np.all((low < ratio) & (ratio < high)), ratio


def test_wet_matter_keeps_its_colour_and_a_second_wetting_changes_nothing():
    red = dress(GLASS, "red ground").shot
    soaked = dress(red, "wet").shot
    np.testing.assert_allclose(ground_of(soaked), SOAKED * ground_of(red), atol=1e-6)  # kept to six decimals
    again = dress(soaked, "wet").shot
    assert again.bodies == soaked.bodies
    assert again.materials == soaked.materials
    blue = dress(dress(soaked, "blue concrete floor").shot, "wet").shot
    assert blue.body("ground").finish == "wet_concrete_2"


def test_captions_name_what_is_seen():
    dressed = dress(GLASS, "wet asphalt").shot
    text = " ".join(captions(dressed, "noir", seed=1, count=8))
    assert "asphalt floor" in text
    assert "concrete" not in text
    assert encode(text).unknown == ()


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noir, film", "one style or grade (got “noir” and “film”)"),
        ("watercolour, night", "Light at night is “at night”"),
        ("wett asfalt", "wett (did you mean wet?); asfalt (did you mean asphalt?)"),
        ("draem", "did you mean dream"),
        ("painted, fog", "words that kinema knows (got fog)"),
        ("preview, overcast", "Say --quality draft"),
        ("path traced", "Say --quality final"),
        ("golden", "“golden” must be about something"),
        ("warm overcast", "light with a sun"),
        ("overcast, golden hour", "one weather or time of day"),
        ("asphalt and sand", "the look of ground must not contradict itself (got asphalt and sand)"),
        ("wet asphalt, oak ground", "must not contradict itself (got asphalt and oak)"),
        ("red blue pane", "must not contradict itself (got blue and red)"),
        ("wet dry asphalt", "must not contradict itself (got dry and wet)"),
        ("big ball", "The shot has ground, ball, pane"),
        ("a horse", "got horse"),
        ("slow motion, ink", "“slow motion” must say how the shot looks"),
        ("the moon", "got gravity"),
        ("wind from the left", "got wind"),
        ("ink, 35 mm lens", "got the camera"),
        ("the ball falls", "must say how the shot looks"),
        ("", "must say something"),
        ("the", "must say something"),
        ("ink " * 300, "at most 1000 characters"),
    ],
)
def test_what_a_look_cannot_say_is_refused_with_a_way_on(text, said):
    assert said in refusal(text)


def test_ground_that_is_not_there_is_refused():
    afloat = compile_prompt("A crate floats in space.").shot
    with pytest.raises(UsageError, match="this shot has no ground"):
        dress(afloat, "wet asphalt")
    assert dress(afloat, "red crate").shot.body("crate").colour is not None


def test_dry_needs_to_say_what_is_dry():
    soaked = dress(GLASS, "wet asphalt").shot
    assert dress(soaked, "dry asphalt").shot.body("ground").finish == "asphalt"
    with pytest.raises(UsageError, match="dry concrete ground"):
        dress(soaked, "dry")


# --- the words ----------------------------------------------------------------------------------------------


def test_every_look_has_words_and_every_word_names_a_look():
    named = {meaning.name for meaning in own_words().values() if meaning.kind == "look"}
    assert named == {*grades(), *painted_looks()}
    for name, words in table("looks")["looks"].items():
        for word in words:
            assert dress(GLASS, word).shot.look == name, word


def test_every_word_that_is_listed_is_understood():
    for group, words in listed().items():
        for word in words:
            noun = {"material": " floor", "colour": " floor"}.get(group, "")
            assert dress(GLASS, word + ("" if group != "surface" or word == "wet" else " asphalt") + noun)


def test_a_name_is_a_name_and_the_rest_is_words():
    request = Request(shot=GLASS, assets=Path(), name="a")
    assert is_look("painted-noir")
    assert in_look(request, "noir").shot == change(GLASS, "look", "noir")
    assert in_look(request, "diffusers:a, b").shot.look == "diffusers:a, b"
    notes = in_look(request, "ink, golden hour").notes
    assert notes[0] == "look: “ink” → look = ink"
    assert notes[-1].startswith("look: assumed exposure: metered anew")


def test_the_manual_is_true():
    page = (Path(__file__).parents[2] / "docs" / "diffusion.md").read_text("utf-8")
    section = page.split("## A look in words")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|", section, re.MULTILINE)
    examples = [first for first, _ in rows] + [
        word for _, got in rows for word in re.findall(r"`([^`]+)`", got)
    ]
    assert len(examples) > 15
    for example in examples:
        assert dress(GLASS, example).phrases, example


_WORD = re.compile(r"[^\W_]+")
WORDS = st.sampled_from(
    [*vocabulary(), *(" ".join(form) for form in own_words()), ",", "ball", "pane", "ground"]
)


@given(st.lists(WORDS, max_size=8).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_words_dress_the_shot_or_are_refused_and_the_world_stays(text):
    try:
        dressed = dress(GLASS, text)
    except KinemaError:
        return
    covered = {i for phrase in dressed.phrases for i in range(phrase.start, phrase.end)}
    assert all(covered.issuperset(range(*word.span())) for word in _WORD.finditer(text)), text
    assert world_hash(dressed.shot) == world_hash(GLASS)
    assert parse_shot(dump_shot(dressed.shot)) == dressed.shot


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_dresses_the_shot_or_is_refused(text):
    with suppress(UsageError, ShotError):  # the two of exit code 2
        dress(GLASS, text)
