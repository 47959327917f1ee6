"""Every word of a prompt is accounted for; any text compiles or is refused; the same text gives the same shot."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import ShotError
from kinema.shot.files import dump_shot, parse_shot
from kinema.shot.material import library
from kinema.shot.prompt import Compiled, compile_prompt
from kinema.shot.prompt.grammar import parse
from kinema.shot.prompt.lexer import Lexeme, lex
from kinema.shot.prompt.lexicon import Sense, lexicon, vocabulary
from kinema.shot.prompt.reader import read
from kinema.shot.prompt.settings import look_up
from kinema.shot.prompt.tables import table
from kinema.shot.prompt.words import split_words

HERO = (
    "A 1 kg steel ball flies at 8 m/s into a 1 m glass pane and shatters it. "
    "Concrete floor, low warm sun from camera left, 35 mm lens, slow push in. 3 seconds."
)
_WORD = re.compile(r"[^\W_]+")


def uncovered(text: str, compiled: Compiled) -> list[str]:
    """Words of the text, parts of which are in no phrase and not reported as unknown."""
    covered = {i for part in (*compiled.phrases, *compiled.unknown) for i in range(part.start, part.end)}
    return [word[0] for word in _WORD.finditer(text) if not covered.issuperset(range(*word.span()))]


def test_the_hero_prompt_says_what_each_phrase_set() -> None:
    compiled = compile_prompt(HERO)
    said = {phrase.words: [str(s) for s in phrase.sets] for phrase in compiled.phrases}
    assert "bodies.ball.mass = 1 kg" in said["A 1 kg steel ball"]
    assert "bodies.ball.material = steel" in said["A 1 kg steel ball"]
    assert any(s.startswith("bodies.ball.velocity = [0, 7.739, 2.028] m/s") for s in said["at 8 m/s"])
    assert "goals.shatters = shatters (body pane)" in said["and shatters it"]
    assert said["Concrete floor"] == ["bodies.ground.material = concrete"]
    assert "lights.sun.elevation = 12 deg" in said["low warm sun"]
    assert "lights.sun.kelvin = 3400 K" in said["low warm sun"]
    assert said["35 mm lens"] == ["camera.focal_length = 35 mm"]
    assert said["slow push in"] == ["camera.moves.push_in = push_in (share 0.15)"]
    assert said["3 seconds"] == ["timing.frames = 72"]
    assert compiled.unknown == ()
    assert "pane is held at its edges by a steel frame" in compiled.assumed


def test_phrases_are_pieces_of_the_prompt_in_order() -> None:
    compiled = compile_prompt(HERO)
    assert all(HERO[p.start : p.end] == p.words for p in compiled.phrases)
    assert [p.start for p in compiled.phrases] == sorted(p.start for p in compiled.phrases)
    assert uncovered(HERO, compiled) == []


def test_a_word_that_is_not_known_is_named_with_what_looks_like_it() -> None:
    text = "A frobnicated steal ball fals onto a conkrete floor."
    compiled = compile_prompt(text)
    unknown = {u.word: u for u in compiled.unknown}
    assert set(unknown) == {"frobnicated", "steal", "fals", "conkrete"}
    assert "steel" in unknown["steal"].suggestions
    assert "concrete" in unknown["conkrete"].suggestions
    assert text[unknown["fals"].start : unknown["fals"].end] == "fals"
    assert compiled.shot.body("ball").position[2] == pytest.approx(
        0.05, abs=1e-3
    )  # it does not fall by a guess


def test_a_known_word_that_applies_to_nothing_is_unknown_too() -> None:
    """ "warm" is a word of light; a ball cannot be warm here."""
    assert [u.word for u in compile_prompt("A warm ball.").unknown] == ["warm"]


def test_strict_lists_all_that_is_not_understood() -> None:
    with pytest.raises(ShotError, match=r"'blorp'; 'steal' \(did you mean .*steel"):
        compile_prompt("A blorp steal ball.", strict=True)
    assert compile_prompt(HERO, strict=True).unknown == ()


def test_what_was_left_open_is_listed() -> None:
    assumed = compile_prompt("A ball.").assumed
    for start in ("ball of rubber", "ground of concrete", "lens: 35 mm", "light:", "framing:", "3 seconds"):
        assert any(a.startswith(start) for a in assumed), start
    said = compile_prompt(
        "A steel ball on a granite floor at noon. 50 mm lens, side view. 2 seconds."
    ).assumed
    assert said == ("hills on the horizon",)  # nobody said what stands there


def test_every_setting_is_read_back_from_the_shot() -> None:
    compiled = compile_prompt(HERO)
    for phrase in compiled.phrases:
        for setting in phrase.sets:
            assert look_up(compiled.shot, setting.path)[0] is not None


def test_every_material_word_names_one_of_the_library() -> None:
    named = {entry["material"] for entry in table("objects").values()} | set(table("materials"))
    named |= {entry["ground"] for entry in table("places").values() if "ground" in entry} - {"none"}
    assert named <= set(library())


def test_every_entry_of_the_tables_compiles() -> None:
    for name, entry in table("objects").items():
        shot = compile_prompt(f"a {entry['words'][0]}", strict=True).shot
        assert shot.body(name).name == name


TERMINALS = [
    "HEAD",
    "VERB",
    "PREP",
    "OF",
    "PRON",
    "DET",
    "ORD",
    "NUM",
    "QTY",
    "MOD",
    "AUX",
    "JOIN",
    "COMMA",
    "STOP",
]


@given(st.lists(st.sampled_from(TERMINALS), max_size=60))
def test_every_sequence_of_tokens_is_a_prompt(terminals: list[str]) -> None:
    """The grammar refuses nothing, and loses nothing."""
    lexemes = [Lexeme(t, i, i + 1, (Sense(t, "test", t),)) for i, t in enumerate(terminals)]
    assert [lexeme for node in parse(lexemes) for lexeme in node.lexemes] == lexemes


WORDS = st.sampled_from(
    [*vocabulary(), "1", "2.5", "12", "m", "kg", "m/s", "°", "f/2.8", ",", ".", ";", "x", "K"]
)


@given(st.lists(WORDS, max_size=40).map(" ".join))
@settings(max_examples=150, deadline=None)
def test_any_words_compile_or_are_refused_and_all_are_accounted_for(text: str) -> None:
    try:
        compiled = compile_prompt(text)
    except ShotError:
        return
    assert uncovered(text, compiled) == []
    assert parse_shot(dump_shot(compiled.shot)) == compiled.shot
    assert compile_prompt(text) == compiled


@given(st.text(max_size=200).map(lambda t: "a ball " + t))
@settings(max_examples=150, deadline=None)
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        compiled = compile_prompt(text)
    except ShotError:
        return
    assert uncovered(text, compiled) == []


@pytest.mark.parametrize(
    "unit",
    [
        "a ball and ",
        "into a ",
        "1 x 2 x ",
        "the the of of ",
        "big, red, ",
        "a ball hits it and ",
        "🙂 ",
        "(((",
    ],
)
def test_work_grows_with_the_length_of_a_prompt_and_no_faster(unit: str) -> None:
    """Calls of Python functions up to the scene: twice the words, twice the calls (and a little for the tables)."""

    def calls(characters: int) -> int:
        count = 0

        def tick(_frame: object, event: str, _arg: object) -> None:
            nonlocal count
            count += event == "call"

        text = ("a ball " + unit * 4000)[:characters]
        sys.setprofile(tick)
        try:
            read(parse(lex(text, split_words(text))[0]))
        except ShotError:
            pass
        finally:
            sys.setprofile(None)
        return count

    calls(500)  # the tables are read
    assert calls(4000) < 2.5 * calls(2000) + 500


def test_a_book_is_refused() -> None:
    with pytest.raises(ShotError, match="at most 8000 characters"):
        compile_prompt("a ball " * 2000)


def test_no_entry_of_the_lexicon_is_lost_to_another() -> None:
    """Words with several senses keep them all."""
    assert {s.kind for s in lexicon()[("marble",)]} == {"object", "material"}
    assert {s.kind for s in lexicon()[("behind",)]} == {"way", "relation"}


def test_words_of_looks_are_told_where_to_go():
    """Instead of words that happen to be spelt alike."""
    compiled = compile_prompt("A ball falls from 1 m onto wet asphalt.")
    assert [str(unknown) for unknown in compiled.unknown] == ["'wet' (a word of --look)"]
    [strange] = compile_prompt("A baal, and a ball that falls.").unknown
    assert str(strange).startswith("'baal' (did you mean ")
