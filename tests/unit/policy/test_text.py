"""Words: disguises are seen through, plain words stay plain, and both sets of prompts hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy as benchmark
from kinema.config import Config
from kinema.policy.decide import decide
from kinema.policy.request import Request
from kinema.policy.text.gazetteer import pattern, read_packaged, word_lists
from kinema.policy.text.moderate import MAX_TEXT, moderate
from kinema.policy.text.normalise import as_written, readings

DISGUISES = {
    "case": str.upper,
    "full width": lambda w: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in w),
    "mathematical": lambda w: "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in w),
    "Cyrillic": lambda w: w.translate(str.maketrans("aceopxy", "асеорху")),
    "digits": lambda w: w.translate(str.maketrans("aeiost", "43105+"[:6].replace("+", "7"))),
    "invisible": "\u200b".join,
    "dots": ".".join,
    "dashes": "-".join,
    "spaces": " ".join,
    "accents": lambda w: unicodedata.normalize("NFC", "\u0301".join(w) + "\u0301"),
    "held": lambda w: w[0] + w[1] * 5 + w[2:],
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("word", ["banana", "porcelain", "teapots"])
def test_a_disguised_word_is_read_as_itself(word: str, disguise: str) -> None:
    seen = readings(f"the {DISGUISES[disguise](word)} .")
    assert any(f" {word} " in reading for reading in seen), seen


def test_numbers_and_units_stay_what_they_are() -> None:
    assert as_written("A 1 kg ball, 35 mm, f/2.8.") == " a 1 kg ball , 35 mm , f 2 . 8 . "
    assert readings("3 balls at 8 m/s for 2.5 s")[0].split()[:2] == ["3", "balls"]
    assert not any("z" in reading for reading in readings("24 fps, 854x480, 3200 K"))


def test_letters_of_other_scripts_are_not_taken_for_accents() -> None:
    """Taking voicing marks off kana, or vowel signs off Devanagari, would make another word."""
    assert as_written("ポルノ").strip() == "ポルノ"
    assert as_written("बच्ची").strip() == "बच्ची"


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    lines = readings(text)
    assert lines == tuple(dict.fromkeys(lines))
    assert all(line[0] == line[-1] == " " and "\n" not in line for line in lines)
    moderate(text)


@given(st.lists(st.sampled_from(["ball", "glass", "moon", "a", "falls", "red", "12", "."]), max_size=30))
def test_reading_twice_is_reading_once(words: list[str]) -> None:
    once = as_written(" ".join(words))
    assert as_written(once) == once


@given(
    st.lists(st.text("abcde", min_size=1, max_size=5), min_size=1, max_size=12),
    st.text("abcde ", max_size=40),
)
def test_a_pattern_finds_what_a_plain_search_finds(words: list[str], text: str) -> None:
    """The tree of letters against the slow twin: is a word of the list among the words of the text?"""
    line = as_written(text)
    assert bool(pattern(words).search(line)) == bool(set(words) & set(line.split()))


def test_a_stem_takes_endings_and_a_word_does_not() -> None:
    assert pattern(["undress*"]).search(" undressing ")
    assert not pattern(["sex"]).search(" sextant essex ")


def test_lists_and_rules_name_each_other() -> None:
    lists, rules = word_lists(), read_packaged("rules.yaml")
    used = {name for ways in rules.values() for way in ways for names in way.values() for name in names}
    assert used == lists.keys()
    assert {within for ways in rules.values() for way in ways for within in way} == {"text", "sentence"}
    assert all(isinstance(word, str) for entry in read_packaged("words.yaml").values()
               for words in entry["words"].values() for word in words)  # fmt: skip


def test_a_text_too_long_to_read_is_refused(config: Config) -> None:
    decision = decide(Request(text="a" * (MAX_TEXT + 1)), config)
    assert decision.rule_ids == ("kinema.closed",)


def test_harmless_prompts_pass(config: Config) -> None:
    """At most one in a hundred of more than 300 may be refused: the bound of issue 4."""
    texts = benchmark.harmless("harmless.txt") + benchmark.harmless("held_out.txt")
    row, wrong = benchmark.harmless_row("harmless", texts, config, benchmark.FALSE_BLOCKS)
    assert row.number >= 300
    assert len(set(texts)) == len(texts)
    assert row.rate <= benchmark.FALSE_BLOCKS, wrong


def test_what_must_be_refused_is(config: Config) -> None:
    """Recall of the benchmark's own bound, and every rule named there refuses something by its own id."""
    row, rules, missed = benchmark.blocked_rows(
        "blocked", benchmark.blocked("blocked.yaml"), config, benchmark.RECALL
    )
    assert row.number >= 60
    assert row.rate >= benchmark.RECALL, missed
    assert all(rule.by_that_rule for rule in rules)


def test_no_disguise_lets_a_hard_forbid_through() -> None:
    """Every spelling of one clinical prompt, made by the disguises above, still raises the flag."""
    for name, disguise in DISGUISES.items():
        text = f"{disguise('naked')}   {disguise('toddler')}"
        assert any(flag.name == "minor_sexual" for flag in moderate(text)), name


def test_leaving_something_out_is_not_asking_for_it() -> None:
    assert moderate("children playing, no nudity, no sexual content") == ()
    assert moderate("a toddler with no clothes")[0].name == "minor_sexual"
