"""`kinema policy` and `kinema licences`: what may be made, and of whose things."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinema.cli_options import Json, Territories, files_there, one_of, print_json, territories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinema.policy.licences import Entry

policy = typer.Typer(
    name="policy",
    help="What may be made: ask before the work, and read the rules.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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

    from kinema.folder import TakeFolder
    from kinema.job import Job
    from kinema.policy.decide import decide
    from kinema.policy.gather import request_of
    from kinema.policy.request import Act, Purpose, Use
    from kinema.request import read_request

    found = read_request(source)
    request = request_of(
        found.shot,
        Job(),
        assets=found.assets,
        act=one_of("--act", act, get_args(Act)),
        purpose=Purpose(
            tenant=tenant,
            use=one_of("--use", use, get_args(Use)),
            project=project,
            territories=territories(territory),
        ),
        plates=files_there(plate or []),
        clip=TakeFolder(found.tape_from).clip_id if found.tape_from else "",
    )
    decision = decide(request)
    if as_json:
        print_json({**decision.as_record(), "reasons": [asdict(reason) for reason in decision.reasons]})
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
        print_json([asdict(rule) for rule in book.rules])
        return
    for rule in book.rules:
        print(f"{rule.id:32} {rule.reason}{f'  [label: {rule.label}]' if rule.label else ''}")


def licences(
    source: Annotated[
        str | None,
        typer.Argument(
            help="A take, a shot file, a USD stage or a data set; what ships with kinema if not said."
        ),
    ] = None,
    training: Annotated[
        bool, typer.Option("--training", help="Fail on what may not be trained on, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show source, licence and hash of everything that is used; fail on what is unknown."""
    from kinema.policy.licences import shipped

    entries = list(_ledger_of(source) if source else shipped())
    wrong = {entry.name: [*entry.unknown, *_untrainable(entry, asked=training)] for entry in entries}
    if as_json:
        print_json([{**asdict(entry), "unknown": wrong[entry.name]} for entry in entries])
    else:
        for entry in entries:
            said = f"  UNKNOWN: {'; '.join(wrong[entry.name])}" if wrong[entry.name] else ""
            known = f"{entry.licence or '?':22} {entry.sha256[:12] or '?':12} {entry.source or '?'}"
            print(f"{entry.kind:13} {entry.name:44} {known}{said}")
        print(f"{sum(not w for w in wrong.values())} of {len(entries)} are known")
    raise typer.Exit(3 if any(wrong.values()) else 0)


def _untrainable(entry: Entry, *, asked: bool) -> list[str]:
    return [f"training {entry.training}"] if asked and entry.training != "allowed" else []


def _ledger_of(source: str) -> Iterator[Entry]:
    from kinema.folder import TakeFolder
    from kinema.policy.licences import of_dataset, of_shot, of_take
    from kinema.request import read_request

    if Path(source).is_dir() and any(Path(source).glob("*-*.tar")):
        return of_dataset(Path(source))
    found = read_request(source)
    if found.tape_from:
        return of_take(TakeFolder(found.tape_from), found.shot)
    return of_shot(found.shot, found.assets)
