"""What is refused that should not be, and the other way round: `python benchmarks/policy.py [--quick]`.

Prints tables and writes `benchmarks/results/policy.json`. Exits 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import yaml

from kinema.config import Config, read_config
from kinema.policy.decide import decide
from kinema.policy.decision import Decision
from kinema.policy.request import Request

HERE = Path(__file__).parent
PROMPTS = HERE / "policy_prompts"
FALSE_BLOCKS = 0.01
"""Most harmless prompts that may be refused, as a share of all. Of those held out, one is more than this already: they
are reported without a bound."""
RECALL = 0.98
"""Least share of what must be refused, of the prompts that the lists were tuned on."""
DECISION = 10.0
"""CPU-milliseconds of one decision that nobody notices before a render."""
Verdict = Literal["ok", "MISSED", "–"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One set of prompts."""

    prompts: str
    number: int
    refused: int
    labelled: int
    """Allowed, and a visible label is required."""
    rate: float
    bound: float | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """What one rule had to refuse."""

    rule: str
    number: int
    refused: int
    by_that_rule: int


@dataclass(frozen=True, kw_only=True)
class TimeRow:
    """What a decision costs in CPU time, all of it: words, persons, facts, both questions to Cedar."""

    of: str
    median_ms: float
    slowest_twentieth_ms: float
    bound: float
    verdict: Verdict


def harmless(name: str) -> list[str]:
    """Prompts of a file, one a line."""
    lines = (PROMPTS / name).read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def blocked(name: str) -> dict[str, list[str]]:
    """Prompts by the rule that must refuse them."""
    return yaml.safe_load((PROMPTS / name).read_text("utf-8"))


def alone(folder: str) -> Config:
    """The rules that came along and nothing of this machine's: no house, no receipts, no classifier."""
    return replace(read_config(), policy=None, consent=Path(folder), moderation_url=None)


def harmless_row(title: str, texts: list[str], config: Config, bound: float | None) -> tuple[Row, list[str]]:
    """How many harmless prompts are refused, and which."""
    said = [(text, decide(Request(text=text), config)) for text in texts]
    wrong = [f"{text}  <- {'; '.join(map(str, d.reasons))}" for text, d in said if not d.allowed]
    rate = len(wrong) / len(texts)
    row = Row(
        prompts=title,
        number=len(texts),
        refused=len(wrong),
        labelled=sum(d.allowed and bool(d.required_labels) for _, d in said),
        rate=rate,
        bound=bound,
        verdict="–" if bound is None else "ok" if rate <= bound else "MISSED",
    )
    return row, wrong


def blocked_rows(
    title: str, sets: dict[str, list[str]], config: Config, bound: float | None
) -> tuple[Row, list[RuleRow], list[str]]:
    """How much of what must be refused is, all together and by rule, and what is missed."""
    said = {
        rule: [(text, decide(Request(text=text), config)) for text in texts] for rule, texts in sets.items()
    }
    rows = [rule_row(rule, [d for _, d in answers]) for rule, answers in said.items()]
    missed = [f"{text}  <- {rule}" for rule, answers in said.items() for text, d in answers if d.allowed]
    number, refused = sum(r.number for r in rows), sum(r.refused for r in rows)
    rate = refused / number
    verdict: Verdict = "–" if bound is None else "ok" if rate >= bound else "MISSED"
    row = Row(
        prompts=title, number=number, refused=refused, labelled=0, rate=rate, bound=bound, verdict=verdict
    )
    return row, rows, missed


def rule_row(rule: str, answers: list[Decision]) -> RuleRow:
    """One rule's share. A prompt may be refused by another rule that comes first: that counts as refused."""
    return RuleRow(
        rule=rule,
        number=len(answers),
        refused=sum(not d.allowed for d in answers),
        by_that_rule=sum(rule in d.rule_ids for d in answers),
    )


def time_rows(texts: list[str], config: Config, repeats: int) -> Iterator[TimeRow]:
    """Decisions one after another, the rules already read."""
    decide(Request(text="warm"), config)
    for of, words in (("a prompt", texts), ("a page of 4000 characters", ["\n".join(texts)[:4000]] * 20)):
        spent = []
        for text in words * repeats:
            start = time.process_time()
            decide(Request(text=text), config)
            spent.append(1000 * (time.process_time() - start))
        median, slow = statistics.median(spent), statistics.quantiles(spent, n=20)[-1]
        bound = DECISION if of == "a prompt" else 5 * DECISION
        yield TimeRow(
            of=of,
            median_ms=median,
            slowest_twentieth_ms=slow,
            bound=bound,
            verdict="ok" if median <= bound else "MISSED",
        )


def measure(*, quick: bool) -> tuple[dict[str, list[dict[str, object]]], list[str]]:
    """All tables, and what went wrong, prompt by prompt."""
    with tempfile.TemporaryDirectory() as folder:
        config = alone(folder)
        texts, apart = harmless("harmless.txt"), harmless("held_out.txt")
        first, wrong = harmless_row("harmless, all", [*texts, *apart], config, FALSE_BLOCKS)
        second, _ = harmless_row("of these, held out", apart, config, None)
        must, by_rule, missed = blocked_rows(
            "must be refused, tuned on", blocked("blocked.yaml"), config, RECALL
        )
        new, by_rule_apart, missed_apart = blocked_rows(
            "must be refused, held out", blocked("blocked_held_out.yaml"), config, None
        )
        times = list(time_rows(texts, config, 1 if quick else 5))
    tables = {
        "prompts": [asdict(row) for row in (first, second, must, new)],
        "what must be refused, by rule": [asdict(row) for row in by_rule],
        "the same, held out": [asdict(row) for row in by_rule_apart],
        "CPU-milliseconds": [asdict(row) for row in times],
    }
    notes = [f"refused: {w}" for w in wrong]
    return tables, notes + [f"allowed: {m}" for m in (*missed, *missed_apart)]


def print_table(title: str, rows: list[dict[str, object]]) -> None:
    """Columns as wide as their widest cell."""
    cells = [[k.replace("_", " ") for k in rows[0]]]
    cells += [
        ["" if v is None else f"{v:.3g}" if isinstance(v, float) else str(v) for v in r.values()]
        for r in rows
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    print(f"\n{title}")
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def main() -> int:
    """Measure, print, write; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Fewer repeats of the times.")
    parser.add_argument("--show", action="store_true", help="Print every prompt that was judged wrongly.")
    options = parser.parse_args()
    tables, notes = measure(quick=options.quick)
    for title, rows in tables.items():
        print_table(title, rows)
    if options.show:
        print("\n" + "\n".join(notes))
    out = HERE / "results" / "policy.json"
    out.write_text(json.dumps({"tables": tables}, indent=2, ensure_ascii=False) + "\n", "utf-8")
    missed = any(row.get("verdict") == "MISSED" for rows in tables.values() for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
