"""The one question: closed by default and by accident, opened by rules, and never by a house against a forbid."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.config import Config, read_config
from kinema.errors import PolicyError
from kinema.policy.decide import CLOSED, NO_AGREEMENT, decide
from kinema.policy.elections import Election, near, us_general
from kinema.policy.request import AssetUse, Request
from kinema.policy.rulebook import read_rules
from kinema.provenance.registry import Notice, open_registry
from kinema.provenance.registry.database import open_database
from kinema.provenance.registry.entry import NoticeKind
from kinema.shot.files import parse_shot

DAY = date(2026, 11, 26)
BALL = Request(text="A ball falls.", day=DAY)
MINOR = Request(text="A naked child.", day=DAY)
ACME = """
@id("acme.agreement")
@reason("Agreement 17")
permit(principal == Tenant::"acme", action == Action::"make", resource)
when { context.width <= 1280 && context.milliseconds <= 10000 && !context.open_weights };
"""
OPEN_ALL = '@id("open.all") @reason("all") permit(principal, action, resource);'


def asked(request: Request, **changes: Any) -> Request:
    """The request with changes to it or to its purpose."""
    purpose = {
        name: changes.pop(name) for name in ("tenant", "use", "project", "territories") if name in changes
    }
    return replace(request, purpose=replace(request.purpose, **purpose), **changes)


def test_a_local_user_may_make_what_no_rule_forbids(config: Config) -> None:
    decision = decide(BALL, config)
    assert decision.allowed
    assert decision.rule_ids == ("kinema.agreement.local",)
    assert not decision.required_labels
    decision.require()


def test_what_was_taken_down_is_not_handed_out_until_it_is_restored(config: Config) -> None:
    clips = [f"{number:016x}" for number in (1, 2)]
    assert decide(BALL, config).allowed
    assert not Path(config.registry).exists()  # there is no clip to ask about
    steps: tuple[tuple[NoticeKind, bool], ...] = (("takedown", True), ("audit", True), ("restored", False))
    for kind, down in steps:
        with open_registry(config) as registry:
            registry.record(Notice(kind=kind, subject=clips[0], statement="notice 7"))
        for act in ("make", "export", "train"):
            decision = decide(replace(BALL, act=act, clip=clips[0]), config)
            assert decision.allowed is not down, (kind, act)
            assert ("kinema.takedown" in decision.rule_ids) is down
            assert all(clips[0] in reason.text and reason.appeal for reason in decision.reasons)
            assert decide(replace(BALL, act=act, clip=clips[1]), config).allowed


def test_no_rule_of_a_house_opens_a_takedown(house: Callable[..., Config]) -> None:
    config = house(open_cedar=OPEN_ALL)
    with open_registry(config) as registry:
        registry.record(Notice(kind="takedown", subject=f"{1:016x}", statement="notice 7"))
    decision = decide(replace(BALL, act="export", clip=f"{1:016x}"), config)
    assert decision.rule_ids == ("kinema.takedown",)


@pytest.mark.parametrize("clip", ["not an id", "0" * 16, "f" * 17])
def test_a_clip_that_cannot_be_asked_about_is_not_handed_out(config: Config, clip: str) -> None:
    assert decide(replace(BALL, act="export", clip=clip), config).rule_ids == (CLOSED,)


def test_a_registry_that_was_altered_hands_nothing_out(config: Config) -> None:
    asked_for = replace(BALL, act="export", clip=f"{1:016x}")
    with open_registry(config) as registry:
        registry.record(Notice(kind="takedown", subject=asked_for.clip, statement="notice 7"))
    database = open_database(config.registry)
    database.run("UPDATE notice SET kind = 'restored'")
    database.close()
    assert decide(asked_for, config).rule_ids == (CLOSED,)


def test_nothing_is_allowed_that_no_agreement_covers(config: Config) -> None:
    decision = decide(asked(BALL, tenant="acme"), config)
    assert decision.rule_ids == (NO_AGREEMENT,)
    with pytest.raises(PolicyError, match=r"kinema\.agreement\.none"):
        decision.require()


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, True),
        ({"width": 1920}, False),
        ({"milliseconds": 10_001}, False),
        ({"look": "diffusers:some/model"}, False),
        ({"tenant": "bolt"}, False),
        ({"act": "train"}, False),
    ],
)
def test_an_agreement_holds_to_its_terms(
    house: Callable[..., Config], changes: dict[str, Any], allowed: bool
) -> None:
    config = house(acme_cedar=ACME)
    assert decide(asked(BALL, **{"tenant": "acme", **changes}), config).allowed is allowed


def test_no_rule_of_a_house_opens_a_hard_forbid(house: Callable[..., Config]) -> None:
    config = house(open_cedar=OPEN_ALL)
    assert decide(asked(BALL, tenant="anyone"), config).allowed  # the rule does open what it may
    decision = decide(asked(MINOR, tenant="anyone"), config)
    assert decision.rule_ids == ("kinema.hard.minors",)


def test_no_rule_of_a_house_opens_a_packaged_forbid(house: Callable[..., Config]) -> None:
    config = house(open_cedar=OPEN_ALL)
    assert decide(asked(BALL, persons=("Jane Roe",)), config).rule_ids == ("kinema.likeness.consent",)
    altered = (AssetUse(name="a.glb", licence="MIT", altered=True),)
    assert decide(asked(BALL, assets=altered), config).rule_ids == ("kinema.licence.altered",)


def test_a_house_may_forbid_more(house: Callable[..., Config]) -> None:
    config = house(
        stop_cedar='@id("stop.glass") @reason("No glass") @appeal("Use steel.") @shows("subjects")'
        ' forbid(principal, action, resource) when { context.subjects.contains("glass") };',
        policy_yaml="contact: board@example.org\nsubjects: {glass: [glass, pane*], blocked: [zeppelin]}\n",
    )
    decision = decide(asked(BALL, text="A ball hits two panes."), config)
    assert decision.rule_ids == ("stop.glass",)
    assert "Use steel." in decision.appeal
    assert "board@example.org" in decision.appeal
    assert decide(asked(BALL, text="A z.e.p.p.e.l.i.n lands."), config).rule_ids == (
        "kinema.subject.blocked",
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken_cedar", "permit(principal", "is not Cedar"),
        ("nameless_cedar", "permit(principal, action, resource);", "@id"),
        (
            "stolen_cedar",
            '@id("kinema.likeness.consent") @reason("x") permit(principal, action, resource);',
            "kinema.",
        ),
        ("silent_cedar", '@id("a.b") permit(principal, action, resource);', "@reason"),
        (
            "unknown_cedar",
            '@id("a") @reason("x") forbid(principal, action, resource) when { context.nosuch };',
            "nosuch",
        ),
        (
            "template_cedar",
            '@id("a") @reason("x") permit(principal == ?principal, action, resource);',
            "template",
        ),
        ("twice_cedar", OPEN_ALL + OPEN_ALL, "two rules"),
        ("policy_yaml", "contakt: x", "contakt"),
        ("policy_yaml", "subjects: [", "policy.yaml"),
        ("policy_yaml", "subjects: {a: ['***']}", "no letter"),
        ("policy_yaml", "elections: [{territory: Germany, day: 2029-01-01}]", "elections"),
    ],
)
def test_a_house_whose_files_cannot_be_read_is_closed(
    house: Callable[..., Config], name: str, text: str, said: str
) -> None:
    decision = decide(BALL, house(**{name: text}))
    assert decision.rule_ids == (CLOSED,)
    assert said in str(decision.reasons[0])


@given(st.binary(max_size=200), st.sampled_from(["x.cedar", "policy.yaml"]), st.integers(0, 400))
def test_no_house_file_ends_in_a_traceback_or_opens_a_hard_forbid(noise: bytes, name: str, at: int) -> None:
    """Good files with bytes written over them."""
    good = (
        ACME.encode()
        if name == "x.cedar"
        else b"contact: a@b.c\nsubjects: {glass: [pane*]}\nfigures: [Jane Q]\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(good[:at] + noise + good[at + len(noise) :])
        config = replace(read_config(), policy=Path(folder), consent=Path(folder) / "c", moderation_url=None)
        assert decide(BALL, config).rule_ids in ((CLOSED,), ("kinema.agreement.local",))
        assert not decide(MINOR, config).allowed


def test_a_house_that_is_not_there_is_closed(config: Config, tmp_path: Path) -> None:
    assert decide(BALL, replace(config, policy=tmp_path / "nowhere")).rule_ids == (CLOSED,)


def test_a_house_in_the_working_folder_is_still_a_house(
    house: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = house(a_cedar='@id("kinema.mine") @reason("x") permit(principal, action, resource);')
    assert config.policy
    monkeypatch.chdir(config.policy)
    assert decide(BALL, replace(config, policy=Path())).rule_ids == (CLOSED,)


def test_a_rule_that_cannot_be_evaluated_closes(house: Callable[..., Config]) -> None:
    """Cedar skips a forbid that overflows, and would allow."""
    config = house(
        a_cedar='@id("a") @reason("x") forbid(principal, action, resource)'
        " when { context.width * 9223372036854775807 > 5 };"
    )
    decision = decide(BALL, config)
    assert decision.rule_ids == (CLOSED,)
    assert "overflow" in str(decision.reasons[0])


@pytest.mark.parametrize("package", ["cedarpy", "cryptography"])
def test_a_missing_package_closes(
    config: Config, monkeypatch: pytest.MonkeyPatch, granted: Callable[..., Any], package: str
) -> None:
    granted()
    from kinema.policy import rulebook

    rulebook._book.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    decision = decide(asked(BALL, persons=("Jane Roe",)), config)
    assert decision.rule_ids == (CLOSED,)
    assert decide(MINOR, config).rule_ids == ("kinema.hard.minors",)  # hard forbids need no package


def test_a_damaged_key_closes(config: Config, granted: Callable[..., Any]) -> None:
    granted()
    (config.keys / "consent" / "0001" / "public.pem").write_text("not a key")
    assert decide(asked(BALL, persons=("Jane Roe",)), config).rule_ids == (CLOSED,)


# --- the classifier ----------------------------------------------------------------------------------------


@contextmanager
def classifier(answer: bytes, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    asked: list[Any] = []

    class Peer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Peer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_classifier_is_asked_as_well(config: Config) -> None:
    with classifier(b'{"flags": {"csam": true, "hate": false}}') as (url, asked):
        assert decide(BALL, replace(config, moderation_url=url)).rule_ids == ("kinema.hard.csam",)
    assert asked == [{"text": "A ball falls."}]
    with classifier(b'{"flags": {}}') as (url, _):
        assert decide(BALL, replace(config, moderation_url=url)).allowed
        assert not decide(
            MINOR, replace(config, moderation_url=url)
        ).allowed  # it cannot talk a list out of a find


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"", 200), (b"{}", 200), (b'{"flags": []}', 200), (b'{"flags": {"csam": "no"}}', 200), (b"[" * 9999, 200),
     (b'{"flags": {"unheard-of": true}}', 200), (b"x" * 70_000, 200), (b'{"flags": {}}', 500), (b"", 302)],
)  # fmt: skip
def test_a_classifier_that_does_not_answer_as_agreed_closes(
    config: Config, answer: bytes, status: int
) -> None:
    with classifier(answer, status) as (url, _):
        assert decide(BALL, replace(config, moderation_url=url)).rule_ids == (CLOSED,)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/passwd", "http://[", "nonsense"])
def test_a_classifier_that_is_not_there_closes(config: Config, url: str) -> None:
    assert decide(BALL, replace(config, moderation_url=url)).rule_ids == (CLOSED,)


# --- law with dates and places -----------------------------------------------------------------------------


def test_the_day_of_american_elections() -> None:
    """As held."""
    days = [us_general(year).day for year in (2016, 2018, 2020, 2022, 2024)]
    assert days == [
        date(2016, 11, 8),
        date(2018, 11, 6),
        date(2020, 11, 3),
        date(2022, 11, 8),
        date(2024, 11, 5),
    ]


def test_an_election_is_near_until_its_day_is_over() -> None:
    day = us_general(2028).day
    for days, said in ((31, False), (30, True), (0, True), (-1, False)):
        assert ("US-TX" in near(["US-TX"], day - timedelta(days=days), 30)) is said
    assert near(["DE"], day, 30) == frozenset()
    assert near(["DE-BY"], day, 30, [Election("DE", day)]) == {"DE-BY"}
    assert near(["EU"], day, 30, [Election("DE", day)]) == frozenset()


@pytest.mark.parametrize(
    ("day", "territories", "refused"),
    [
        (date(2028, 10, 20), ("US-TX",), True),
        (date(2028, 10, 20), (), True),  # not stated: the rules of all hold
        (date(2028, 10, 20), ("DE",), False),
        (date(2028, 9, 1), ("US-TX",), False),
        (date(2028, 11, 8), ("US-TX",), False),
    ],
)
def test_texas_closes_thirty_days_before(
    config: Config, granted: Callable[..., Any], day: date, territories: tuple[str, ...], refused: bool
) -> None:
    granted()
    request = asked(BALL, text="A rally before the election.", persons=("Jane Roe",), use="film",
                      day=day, territories=territories)  # fmt: skip
    decision = decide(request, config)
    assert ("kinema.election.us-tx" in decision.rule_ids) is refused
    assert decision.allowed is not refused


def test_korea_closes_ninety_days_before(config: Config) -> None:
    request = asked(BALL, use="political", territories=("KR",), day=date(2028, 2, 1))
    assert decide(request, config).rule_ids == ("kinema.election.kr",)
    assert decide(asked(request, day=date(2028, 1, 1)), config).allowed


def test_labels(config: Config, granted: Callable[..., Any]) -> None:
    granted()
    assert decide(asked(BALL, use="political"), config).required_labels == ("political",)
    assert decide(asked(BALL, use="news"), config).required_labels == ("generated",)
    assert decide(asked(BALL, text="Live footage of an earthquake."), config).required_labels == (
        "generated",
    )
    assert decide(asked(BALL, territories=("CN",)), config).required_labels == ("generated",)
    assert decide(asked(BALL, territories=("CN",), day=date(2025, 8, 31)), config).required_labels == ()
    shown = decide(asked(BALL, persons=("Jane Roe",), use="film"), config)
    assert (shown.allowed, shown.required_labels) == (True, ("deepfake",))


def test_a_house_may_ask_for_a_label_of_its_own(house: Callable[..., Config]) -> None:
    config = house(
        a_cedar='@id("house.label") @reason("Ours") @label("House mark")'
        ' forbid(principal, action == Action::"show_unlabelled", resource);'
    )
    decision = decide(BALL, config)
    assert decision.allowed
    assert decision.required_labels == ("House mark",)


# --- licences ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asset", "changes", "rule"),
    [
        ({"licence": "CC-BY-4.0"}, {}, None),
        ({"licence": ""}, {}, None),
        ({"licence": ""}, {"tenant": "acme"}, "kinema.licence.unstated"),
        ({"licence": "free for all"}, {}, "kinema.licence.misnamed"),
        ({"licence": "CC-BY-NC-4.0"}, {}, None),
        ({"licence": "CC-BY-NC-4.0"}, {"use": "advertising"}, "kinema.licence.noncommercial"),
        ({"licence": "CC-BY-NC-4.0 OR contract-free"}, {}, "kinema.licence.misnamed"),
        ({"licence": "CC-BY-NC-4.0 OR MIT"}, {"use": "advertising"}, None),
        ({"licence": "contract:2026/17"}, {"use": "advertising"}, None),
        ({"licence": "CC-BY-ND-4.0"}, {"act": "export"}, "kinema.licence.no-derivatives"),
        ({"licence": "MIT", "training": "notAllowed"}, {"act": "train"}, "kinema.licence.training"),
        ({"licence": "MIT", "training": "constrained"}, {"act": "train"}, "kinema.licence.training"),
        ({"licence": "MIT", "training": "allowed"}, {"act": "train"}, None),
        ({"licence": "MIT", "altered": True}, {}, "kinema.licence.altered"),
        ({"licence": "some model licence", "kind": "weights"}, {}, None),
    ],
)
def test_licences(
    house: Callable[..., Config], asset: dict[str, Any], changes: dict[str, Any], rule: str | None
) -> None:
    config = house(open_cedar=OPEN_ALL)
    decision = decide(asked(BALL, assets=(AssetUse(name="a.glb", **asset),), **changes), config)
    assert (rule is None) is decision.allowed
    assert rule is None or decision.rule_ids == (rule,)


# --- what is said ------------------------------------------------------------------------------------------


def test_every_refusal_names_its_rule_and_a_way_on(config: Config) -> None:
    refused = [
        MINOR,
        asked(BALL, tenant="acme"),
        asked(BALL, persons=("Jane Roe",)),
        asked(BALL, text="How to build a pipe bomb, step by step."),
    ]
    for request in refused:
        decision = decide(request, config)
        assert not decision.allowed
        assert [reason.rule for reason in decision.reasons] == list(decision.rule_ids)
        assert all(len(reason.text) > 20 and len(reason.appeal) > 20 for reason in decision.reasons)


def test_the_record_holds_no_word_and_no_name(config: Config, granted: Callable[..., Any]) -> None:
    receipt, _ = granted()
    request = asked(BALL, text="Secret prompt words.", persons=("Jane Roe",), use="film")
    record = json.dumps(decide(request, config).as_record())
    assert receipt.id in record
    assert "Jane" not in record
    assert "Secret" not in record


def test_the_hash_tells_other_rules_and_other_words(house: Callable[..., Config], config: Config) -> None:
    first = decide(BALL, config).rules_hash
    assert first == decide(replace(BALL, text="Another."), config).rules_hash
    words = decide(BALL, house(policy_yaml="subjects: {glass: [pane]}")).rules_hash
    rules = decide(BALL, house(a_cedar=ACME)).rules_hash
    assert len({first, words, rules}) == 3


def test_packaged_rules_are_whole() -> None:
    """Each forbid about making says how to go on; each about labels names one."""
    book = read_rules(None)
    assert len(book.rules) >= 20
    for rule in book.rules:
        assert rule.id.startswith("kinema.")
        is_label = rule.id.startswith("kinema.label.") and rule.id != "kinema.label.none"
        assert bool(rule.label) is is_label


def test_a_shot_gives_its_facts(config: Config, tmp_path: Path) -> None:
    from kinema.job import Job
    from kinema.policy.gather import request_of

    (tmp_path / "hero.glb").write_bytes(b"mesh")
    shot = parse_shot(
        "prompt: a hero walks\nbodies: [{name: hero_12, shape: {kind: mesh, file: hero.glb}, likeness: Jane Roe}]\n"
        "lights: [{name: sun, kind: sun}]\ntiming: {fps: 24, frames: 25}\n"
        f"assets: {{hero.glb: {{licence: CC-BY-4.0, source: shop, sha256: '{'0' * 64}', likeness: [John Doe]}}}}"
    )
    request = request_of(shot, Job(width=640, height=360), assets=tmp_path, day=DAY)
    assert (request.width, request.milliseconds, request.persons) == (640, 1042, ("Jane Roe",))
    assert request.assets[0].altered
    assert "a hero walks" in request.text
    decision = decide(request, config)
    assert decision.rule_ids == ("kinema.licence.altered", "kinema.likeness.consent")
    assert "Jane Roe" in decision.reasons[1].text
    assert "John Doe" in decision.reasons[1].text


def test_what_open_weights_are_told_is_read_too(config: Config) -> None:
    from kinema.diffusion.open_weights.options import Options
    from kinema.job import Job
    from kinema.policy.gather import request_of

    def rules(look: str, **options: str) -> tuple[str, ...]:
        shot = parse_shot(f"prompt: a child runs\nlook: {look}\nlights: [{{name: s, kind: sun}}]\n")
        return decide(request_of(shot, Job(open_weights=Options(**options)), day=DAY), config).rule_ids  # type: ignore[arg-type]

    assert rules("diffusers:a/b", words="naked") == ("kinema.hard.minors",)
    assert rules("diffusers:a/b", negative="clothes, hats") == ("kinema.hard.minors",)
    assert rules("diffusers:a/b", negative="nudity, blur") == ("kinema.agreement.local",)
    assert rules("natural", words="naked") == ("kinema.agreement.local",)  # nobody is told


def test_many_bodies_are_few_words() -> None:
    """Names that differ by a number are one word: the text stays short."""
    from kinema.job import Job
    from kinema.policy.gather import words_of

    bodies = ", ".join(f"{{name: brick_{i}, shape: {{kind: plane}}}}" for i in range(2000))
    shot = parse_shot(f"bodies: [{bodies}]\nlights: [{{name: s, kind: sun}}]\n")
    assert len(words_of(shot, Job())) < 100
