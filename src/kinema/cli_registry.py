"""`kinema registry`: serve it, take it out, audit it, and withhold what must not be shown."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinema.cli_options import Json, files_there, one_of, print_json
from kinema.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kinema.policy.takedown import Step, Takedown
    from kinema.provenance.registry import Registry
    from kinema.provenance.registry.binding import Binding
    from kinema.provenance.registry.search import Match

registry = typer.Typer(
    name="registry",
    help="What was made here: answer for it, export it, audit its log.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@registry.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8470,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the token that callers must bear; none = everybody may ask."),
    ] = None,
    max_upload: Annotated[int, typer.Option(help="Largest upload in MiB.")] = 512,
) -> None:
    """Answer over HTTP: where an upload comes from, and the C2PA Soft Binding Resolution API."""
    if not 0 < port < 65536 or not 0 < max_upload < 1 << 20:
        raise UsageError(
            "--port and --max-upload",
            "must be sensible",
            got=(port, max_upload),
            next_step="E.g. 8470 and 512",
        )
    try:
        import uvicorn

        from kinema.provenance.registry.api import make_app
    except ImportError as error:
        raise MachineError(
            "registry serve", "needs a web server", got=str(error), next_step="pip install 'kinema[serve]'"
        ) from error
    from kinema.provenance.registry import open_registry

    token = _token(token_file) if token_file else None
    with open_registry() as opened:
        largest = max_upload << 20
        app = make_app(opened, bindings_of(opened), tracer_of(opened), token=token, largest_upload=largest)
        listening = _listen(host, port)
        print(f"registry  http://{host}:{port}", flush=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


@registry.command("export")
def export_registry(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="File of JSON lines, in the order of the log.")
    ],
) -> None:
    """Write every row and the signed head to a file, each row proved first."""
    from kinema.provenance.registry import open_registry
    from kinema.provenance.registry.export import export

    with open_registry() as opened:
        count = export(opened, output)
    print(f"{count} rows  {output}")


@registry.command("verify-log")
def verify_log(as_json: Json = False) -> None:
    """Audit everything: rows, leaves, nodes, signed heads, anchor. Exit code 3 if anything was tampered with."""
    from kinema.provenance.registry import open_registry

    with open_registry() as opened:
        findings = opened.verify()
        head = opened.checkpoint()
    if as_json:
        found = [finding.model_dump(mode="json") for finding in findings]
        print_json({"checkpoint": head, "findings": found})
    else:
        for finding in findings:
            print(f"{finding.verdict:5} {finding.rule}  {finding.detail}".rstrip())
        if head:
            print(f"\n{head}", end="")
    raise typer.Exit(0 if findings and all(f.verdict == "pass" for f in findings) else 3)


@registry.command()
def vouch() -> None:
    """Sign the log anew after its key was distrusted. Compare it with an anchor kept elsewhere first."""
    from kinema.provenance.registry import open_registry

    with open_registry() as opened:
        leaf = opened.vouch()
    print(f"vouched   all before leaf {leaf.index}")


Case = Annotated[str, typer.Argument(help="Id of a takedown; of its clip, if it has only one.")]
By = Annotated[
    str, typer.Option(help="Reference in your files of who says so. No name: the log keeps it for ever.")
]
Note = Annotated[str, typer.Option(help="Why, in words. No name, likewise.")]


@registry.command()
def takedown(
    clip: Annotated[str, typer.Argument(help="Id of the clip, sixteen hex digits.")],
    ground: Annotated[str, typer.Option(help="intimate, minor, likeness, copyright or deception.")],
    by: By,
    note: Note = "",
    copy: Annotated[
        list[str] | None, typer.Option(help="Id of a known copy that goes with it. Repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Follow a notice: withhold a clip and its known copies from now on, and list what looks like it."""
    from datetime import UTC, datetime

    from kinema.policy.docket import Docket
    from kinema.policy.takedown import Ground
    from kinema.provenance.fingerprint.fingerprint import Fingerprint
    from kinema.provenance.registry import open_registry

    grounds = {one.name.lower(): one for one in Ground}
    why = grounds[one_of("--ground", ground.lower(), tuple(grounds))]
    with open_registry() as opened:
        docket = Docket(opened)
        case = docket.take_down(clip, why, by=by, now=datetime.now(UTC), note=note, copies=copy or ())
        own = Fingerprint.from_bytes(docket.entry(clip).fingerprint)
        alike = [m for m in opened.by_fingerprint(own) if not opened.taken_down(m.id)]
    _tell_case(case, alike, as_json=as_json)


@registry.command()
def answer(
    case: Case,
    step: Annotated[str, typer.Argument(help="countered, sued or rejected.")],
    by: By,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Record what follows a takedown: a counter-notice, a suit, or that the counter-notice was rejected."""
    from kinema.policy.takedown import Step

    known = {one.value: one for one in (Step.COUNTERED, Step.SUED, Step.REJECTED)}
    _proceed(case, known[one_of("STEP", step, tuple(known))], by, note, as_json=as_json)


@registry.command()
def restore(case: Case, by: By, note: Note = "", as_json: Json = False) -> None:
    """Let a clip be shown again, if its takedown was countered and the law's time has passed."""
    from kinema.policy.takedown import Step

    _proceed(case, Step.RESTORED, by, note, as_json=as_json)


@registry.command()
def copies(
    file: Annotated[Path, typer.Argument(help="A clip or a picture.")],
    as_json: Json = False,
) -> None:
    """Say whether a file looks like a clip that was taken down. Exit code 3 if it does: it must not be shown."""
    from dataclasses import asdict

    from kinema.provenance.fingerprint.fingerprint import asked, asked_closely
    from kinema.provenance.registry import open_registry

    with open_registry() as opened:
        (there,) = files_there([file])
        found = opened.known_copies(asked(there)) or opened.known_copies(asked_closely(there))
    if as_json:
        print_json([{**asdict(match), "id": f"{match.id:016x}"} for match in found])
    for match in found if not as_json else ():
        print(f"taken down  {match.id:016x}, {match.score:.0%} agrees, from {match.shift:.1f} s")
    if not found and not as_json:
        print("looks like nothing that was taken down here")
    raise typer.Exit(3 if found else 0)


def _proceed(name: str, step: Step, by: str, note: str, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    from kinema.policy.docket import Docket
    from kinema.provenance.registry import open_registry

    with open_registry() as opened:
        case = Docket(opened).proceed(name, step, by=by, now=datetime.now(UTC), note=note)
    _tell_case(case, (), as_json=as_json)


def _tell_case(case: Takedown, alike: Sequence[Match], *, as_json: bool) -> None:
    if as_json:
        print_json({**case.as_record(), "withheld": case.withheld, "alike": [f"{m.id:016x}" for m in alike]})
        return
    print(f"takedown  {case.id}: {case.state}, on ground of {case.ground}")
    print(f"clip      {case.clip} {'is withheld' if case.withheld else 'may be shown'}")
    if case.ground == "copyright" and (window := case.may_return):  # the law's wait is for that ground alone
        print(f"return    between {window[0]:%Y-%m-%d} and {window[1]:%Y-%m-%d}, unless there is a suit")
    for match in alike:
        print(f"alike     {match.id:016x}, {match.score:.0%} agrees: if it is a copy, take it down too")


def bindings_of(opened: Registry) -> list[Binding]:
    """What the service knows a clip by, with the keys of this machine; by its ISCC where one can be computed."""
    from kinema.provenance.iscc.code import installed
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.manifest.facts import WATERMARK_ALG
    from kinema.provenance.registry.binding import fingerprint_binding, watermark_binding
    from kinema.provenance.registry.iscc import iscc_binding
    from kinema.provenance.trace.mark import marked_by

    find = marked_by(open_keyring().keyring, opened.ids)
    ours = [watermark_binding(opened, WATERMARK_ALG, find), fingerprint_binding(opened)]
    return [*ours, iscc_binding(opened)] if installed() else ours


def tracer_of(opened: Registry) -> Callable[[Path], dict[str, Any]]:
    """How the service answers where a file comes from: as `kinema trace` does, with the keys of this machine."""
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.trace import trace

    keyring = open_keyring().keyring
    return lambda path: trace(path, keyring, opened).as_dict()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise UsageError(
            "--host and --port",
            "must be free to listen on",
            got=str(error),
            next_step="Choose another --port.",
        ) from error


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "token file", "must be readable", got=str(error), next_step="Check --token-file."
        ) from error
    if len(token) < 16:
        raise UsageError(
            "token", "must have at least 16 characters", got=len(token), next_step="Make a longer one."
        )
    return token
