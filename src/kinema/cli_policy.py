"""`kinema policy`, `kinema consent` and `kinema licences`: what may be made, by whose word, of whose things."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinema.policy.consent.store import ConsentStore
    from kinema.policy.licences import Entry

policy = typer.Typer(
    name="policy",
    help="What may be made: ask before the work, and read the rules.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
consent = typer.Typer(
    name="consent",
    help="Consent receipts of real persons: grant, verify, revoke, list.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Territories = Annotated[
    list[str] | None, typer.Option("--territory", help="Where: DE, US-TX, EU, or * for everywhere. Repeatable.")
]


@policy.command()
def check(
    source: Annotated[str, typer.Argument(help="Words, a shot file (.yaml, .json), a USD stage, or a take.")],
    tenant: Annotated[str, typer.Option(help="Whose request it is.")] = "local",
    act: Annotated[str, typer.Option(help="make, export or train.")] = "make",
    use: Annotated[
        str, typer.Option(help="personal, film, advertising, news, political, research.")
    ] = "unstated",
    project: Annotated[str, typer.Option(help="Project the clip is for.")] = "",
    territory: Territories = None,
    plate: Annotated[list[Path] | None, typer.Option(help="Uploaded picture or clip. Repeatable.")] = None,
    as_json: Json = False,
) -> None:
    """Say whether a shot may be made, by which rules, and what to do if not. Makes nothing."""
    from typing import get_args

    from kinema.job import Job
    from kinema.policy.decide import decide
    from kinema.policy.gather import request_of
    from kinema.policy.request import Act, Use
    from kinema.request import read_request

    found = read_request(source)
    request = request_of(
        found.shot,
        Job(),
        assets=found.assets,
        act=_one_of("--act", act, get_args(Act)),
        tenant=tenant,
        use=_one_of("--use", use, get_args(Use)),
        project=project,
        territories=_territories(territory),
        plates=_files(plate or []),
    )
    decision = decide(request)
    if as_json:
        _print_json({**decision.as_record(), "reasons": [asdict(reason) for reason in decision.reasons]})
    else:
        print("allowed" if decision.allowed else "refused", "by", ", ".join(decision.rule_ids))
        for reason in decision.reasons:
            print(f"{reason.rule}\n  {reason.text}\n  → {reason.appeal}")
        if decision.required_labels:
            print(f"label     {', '.join(decision.required_labels)}")
        if decision.receipts:
            print(f"consent   {', '.join(decision.receipts)}")
    raise typer.Exit(0 if decision.allowed else 3)


@policy.command()
def rules(as_json: Json = False) -> None:
    """List the rules in force: those that came along, and those of KINEMA_POLICY."""
    from kinema.config import read_config
    from kinema.policy.rulebook import read_rules

    book = read_rules(read_config().policy)
    if as_json:
        _print_json([asdict(rule) for rule in book.rules])
        return
    for rule in book.rules:
        print(f"{rule.id:32} {rule.reason}{f'  [label: {rule.label}]' if rule.label else ''}")


@consent.command()
def grant(
    subject: Annotated[str, typer.Option(help="Name of the person who is shown.")],
    evidence: Annotated[Path, typer.Option(help="Contract or recording: its hash goes into the receipt.")],
    use: Annotated[
        list[str],
        typer.Option(help="any, personal, film, advertising, news, political, research. Repeatable."),
    ],
    until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; at most ten years on, five for a minor.")],
    territory: Territories = None,
    start: Annotated[str | None, typer.Option("--from", help="First day; today if not said.")] = None,
    modality: Annotated[
        list[str] | None, typer.Option(help="likeness, voice, performance, training. Repeatable.")
    ] = None,
    project: Annotated[str, typer.Option(help="Only for this project.")] = "",
    verified: Annotated[
        str, typer.Option(help="in_person, video_call, document, notary or agency.")
    ] = "in_person",
    minor: Annotated[bool, typer.Option("--minor", help="The person is a minor; a guardian grants.")] = False,
    grantor: Annotated[str | None, typer.Option(help="Who grants, if not the person.")] = None,
    role: Annotated[str, typer.Option(help="self, guardian, estate or agent.")] = "self",
    picture: Annotated[
        list[Path] | None, typer.Option(help="Uploaded picture that shows the person. Repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """File the consent of a real person, signed by this installation's key."""
    from datetime import date

    from pydantic import ValidationError

    from kinema.policy.consent.grant import grant as grant_receipt
    from kinema.policy.consent.grant import refused_terms
    from kinema.policy.consent.receipt import Grantor, Scope, Subject

    today = date.today()
    first = _day("--from", start) if start else today
    try:
        person = Subject.model_validate(
            {"name": subject, "minor": minor, "verified": verified, "verified_on": min(today, first)}
        )
        giver = Grantor.model_validate({"name": grantor or subject, "role": role})
        scope = Scope.model_validate(
            {"project": project, "uses": use, "modalities": modality or ["likeness"], "territories": territory or ["*"]}
        )  # fmt: skip
    except ValidationError as error:
        raise refused_terms(error) from error
    receipt, token = grant_receipt(
        _store(),
        subject=person,
        grantor=giver,
        scope=scope,
        valid_from=first,
        valid_until=_day("--until", until),
        evidence=_hash(evidence),
        pictures=tuple(_hash(path) for path in picture or []),
    )
    if as_json:
        _print_json({**receipt.model_dump(mode="json", by_alias=True), "token": token})
        return
    print(f"receipt   {receipt.id}")
    print(f"kept in   {_store().folder / 'receipts' / f'{receipt.id}.jws'}")


@consent.command()
def verify(
    receipt: Annotated[str, typer.Argument(help="Id of a receipt that is kept here, or a .jws file.")],
    use: Annotated[str, typer.Option(help="Use that is asked about.")] = "personal",
    territory: Territories = None,
    project: Annotated[str, typer.Option(help="Project that is asked about.")] = "",
    modality: Annotated[str, typer.Option(help="likeness, voice, performance or training.")] = "likeness",
    as_json: Json = False,
) -> None:
    """Check a receipt as it is checked before drawing: signature, term, scope, revocation."""
    from datetime import date
    from typing import get_args

    from kinema.policy.consent.check import Wanted
    from kinema.policy.consent.check import check as check_receipt
    from kinema.policy.consent.receipt import Modality, Use

    store = _store()
    token = _token(store, receipt)
    wanted = Wanted(
        person=store.read(token).receipt.subject.name,
        modality=_one_of("--modality", modality, get_args(Modality)),
        use=_one_of("--use", use, get_args(Use)),
        project=project,
        territories=_territories(territory),
        day=date.today(),
    )
    held = check_receipt(store, token, wanted)
    if as_json:
        _print_json(held.model_dump(mode="json", by_alias=True))
        return
    print(f"holds     {held.id}: {held.subject.name}, until {held.valid_until}")
    print(f"covers    {', '.join(held.scope.uses)}; {', '.join(held.scope.territories)}")


@consent.command()
def revoke(
    receipt: Annotated[str, typer.Argument(help="Id of a receipt.")],
    takes: Annotated[
        Path, typer.Option(help="Folder in which takes made under it are looked for.")
    ] = Path(),
    as_json: Json = False,
) -> None:
    """Take consent back for good: no export follows, and the clips already made are listed."""
    from kinema.policy.consent.clips import TakesIn

    revoked = _store().revoke(receipt).receipt
    clips = list(TakesIn(takes)(revoked.id))
    if as_json:
        _print_json({"revoked": revoked.id, "clips": [asdict(clip) for clip in clips]})
        return
    print(f"revoked   {revoked.id}: {revoked.subject.name}")
    for clip in clips:
        print(f"made      {clip.where}")
    print(f"{len(clips)} clips in {takes.resolve().name or takes} were made under it")


@consent.command("list")
def list_(as_json: Json = False) -> None:
    """List the receipts that are kept here, and how each stands today."""
    from datetime import date

    from kinema.errors import PolicyError

    store, rows = _store(), []
    for token in store.tokens():
        try:
            signed = store.read(token)
            r = signed.receipt
            state = (
                "revoked" if r.revocation in store.revocations(signed.signer)
                else "not yet" if date.today() < r.valid_from
                else "expired" if date.today() > r.valid_until
                else "in force"
            )  # fmt: skip
            rows.append({"id": r.id, "state": state, "until": str(r.valid_until), "subject": r.subject.name})
        except PolicyError as error:
            rows.append({"id": "", "state": "unreadable", "until": "", "subject": str(error)})
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        print(f"{row['id'] or '-':32}  {row['state']:10} {row['until']:10}  {row['subject']}")


def licences(
    source: Annotated[
        str | None,
        typer.Argument(help="A take, a shot file, a USD stage or a data set; what ships with kinema if not said."),
    ] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Fail on what may not be trained on, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show source, licence and hash of everything that is used; fail on what is unknown."""
    from kinema.policy.licences import shipped

    entries = list(_ledger_of(source) if source else shipped())
    wrong = {
        entry.name: (*entry.unknown, *([f"training {entry.training}"] if training and entry.training != "allowed" else []))
        for entry in entries
    }  # fmt: skip
    if as_json:
        _print_json([{**asdict(entry), "unknown": list(wrong[entry.name])} for entry in entries])
    else:
        for entry in entries:
            said = "; ".join(wrong[entry.name])
            line = f"{entry.kind:13} {entry.name:44} {entry.licence or '?':22} {entry.sha256[:12] or '?':12} {entry.source or '?'}"
            print(f"{line}{f'  UNKNOWN: {said}' if said else ''}")
        print(f"{sum(not w for w in wrong.values())} of {len(entries)} are known")
    raise typer.Exit(3 if any(wrong.values()) else 0)


def _ledger_of(source: str) -> Iterator[Entry]:
    from kinema.folder import TakeFolder
    from kinema.policy.licences import of_dataset, of_shot, of_take
    from kinema.request import read_request

    if any(Path(source).glob("*-*.tar")) if Path(source).is_dir() else False:
        return of_dataset(Path(source))
    found = read_request(source)
    if found.tape_from:
        return of_take(TakeFolder(found.tape_from), found.shot)
    return of_shot(found.shot, found.assets)


def _store() -> ConsentStore:
    from kinema.config import read_config
    from kinema.policy.consent.store import ConsentStore

    return ConsentStore(read_config().consent)


def _token(store: ConsentStore, receipt: str) -> str:
    path = Path(receipt)
    if path.suffix == ".jws":
        return _files([path])[0].read_text("ascii", errors="replace")
    return store.token(receipt)


def _territories(given: list[str] | None) -> tuple[str, ...]:
    return () if not given or "*" in given else tuple(given)


def _files(paths: list[Path]) -> tuple[Path, ...]:
    for path in paths:
        if not path.is_file():
            raise UsageError(str(path), "must be a file", got="nothing there", next_step="Check the path.")
    return tuple(paths)


def _hash(path: Path) -> str:
    import hashlib

    with _files([path])[0].open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _day(option: str, text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(option, "must be a day as YYYY-MM-DD", got=repr(text), next_step="E.g. 2031-12-31") from error


def _one_of(option: str, value: str, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise UsageError(option, f"must be one of {', '.join(known)}", got=repr(value), next_step="Choose one of them.")
    return value


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, default=str))
