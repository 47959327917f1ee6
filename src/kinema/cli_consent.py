"""`kinema consent`: by whose word a real person may be shown."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli_options import Json, Territories, files_there, one_of, print_json, territories
from kinema.errors import UsageError

if TYPE_CHECKING:
    from kinema.policy.consent.evidence import EvidenceStore
    from kinema.policy.consent.store import ConsentStore

consent = typer.Typer(
    name="consent",
    help="Consent receipts of real persons: grant, verify, revoke, list; and the evidence they rest on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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
    keep: Annotated[bool, typer.Option("--keep", help="Keep the evidence here too, encrypted.")] = False,
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
    if keep:
        _evidence().keep(evidence, receipt, today)
    if as_json:
        print_json({**receipt.model_dump(mode="json", by_alias=True), "token": token})
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
    from kinema.policy.consent.receipt import Modality
    from kinema.policy.request import Purpose, Use

    store = _store()
    token = _token(store, receipt)
    wanted = Wanted(
        person=store.read(token).receipt.subject.name,
        modality=one_of("--modality", modality, get_args(Modality)),
        purpose=Purpose(
            use=one_of("--use", use, get_args(Use)), project=project, territories=territories(territory)
        ),
        day=date.today(),
    )
    held = check_receipt(store, token, wanted)
    if as_json:
        print_json(held.model_dump(mode="json", by_alias=True))
        return
    print(f"holds     {held.id}: {held.subject.name}, until {held.valid_until}")
    print(f"covers    {', '.join(held.scope.uses)}; {', '.join(held.scope.territories)}")


@consent.command()
def revoke(
    receipt: Annotated[str, typer.Argument(help="Id of a receipt.")],
    takes: Annotated[Path, typer.Option(help="Folder in which takes made under it are looked for.")] = Path(),
    as_json: Json = False,
) -> None:
    """Take consent back for good: no export follows, and the clips already made are listed."""
    from kinema.policy.consent.clips import InRegistry, TakesIn, made_under
    from kinema.provenance.registry import open_registry

    revoked = _store().revoke(receipt).receipt
    if not as_json:  # before the search: it is revoked whatever that finds
        print(f"revoked   {revoked.id}: {revoked.subject.name}")
    with open_registry() as registry:
        clips = made_under(revoked.id, TakesIn(takes), InRegistry(registry))
    searched = [f"takes in {takes.resolve().name or takes}", "manifests of the registry"]
    if as_json:
        print_json({"revoked": revoked.id, "searched": searched, "clips": [asdict(clip) for clip in clips]})
        return
    for clip in clips:
        print(f"made      {clip.id}  {clip.where}")
    print(f"clips made under it: {len(clips)}; searched: {', '.join(searched)}")


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
        print_json(rows)
        return
    for row in rows:
        print(f"{row['id'] or '-':32}  {row['state']:10} {row['until']:10}  {row['subject']}")


@consent.command("keep")
def keep_(
    receipt: Annotated[str, typer.Argument(help="Id of a receipt that is kept here.")],
    evidence: Annotated[Path, typer.Argument(help="The file that it was granted on.")],
) -> None:
    """Keep the evidence of a receipt, encrypted; again, after `kinema keys rotate evidence`, by the new key."""
    from datetime import date

    store, kept_in = _store(), _evidence()
    (file,) = files_there([evidence])
    kept = kept_in.keep(file, store.read(store.token(receipt)).receipt, date.today())
    print(f"kept      {kept.sha256[:12]}…, encrypted, until {kept_in.last_day(kept)}")


@consent.command("evidence")
def evidence_(
    receipt: Annotated[str, typer.Argument(help="Id of the receipt.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="New file for its evidence, in the clear.")],
) -> None:
    """Decrypt the evidence of a receipt. That it was read is written to the log; past its time it is refused."""
    from datetime import date

    _evidence().read(receipt, output, date.today())
    print(f"evidence  {output}, in the clear: remove it when it was read")


@consent.command()
def prune(as_json: Json = False) -> None:
    """Remove evidence whose term ended so many days ago as policy.yaml says. Exit code 3: some of it is damaged."""
    from datetime import date

    done = _evidence().prune(date.today())
    if as_json:
        print_json(asdict(done))
    else:
        for kept in done.removed:
            print(f"removed   {kept.sha256[:12]}…, whose last term ended on {kept.until}")
        for name in done.unproved:
            print(f"DAMAGED   {name}: when it is due cannot be told; restore it, or remove it by hand")
        print(f"removed   {len(done.removed)} in all")
    raise typer.Exit(3 if done.unproved else 0)


def _evidence() -> EvidenceStore:
    from kinema.config import read_config
    from kinema.policy.consent.evidence import EvidenceStore
    from kinema.policy.settings import read_settings

    config = read_config()
    return EvidenceStore(config.consent / "evidence", config.keys, read_settings(config.policy).evidence_days)


def _store() -> ConsentStore:
    from kinema.config import read_config
    from kinema.policy.consent.store import ConsentStore

    config = read_config()
    return ConsentStore(config.consent, config.keys)


def _token(store: ConsentStore, receipt: str) -> str:
    path = Path(receipt)
    if path.suffix == ".jws":
        return files_there([path])[0].read_text("ascii", errors="replace")
    return store.token(receipt)


def _hash(path: Path) -> str:
    from kinema.physics.tape import file_hash

    return file_hash(*files_there([path]))


def _day(option: str, text: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            option, "must be a day as YYYY-MM-DD", got=repr(text), next_step="E.g. 2031-12-31"
        ) from error
