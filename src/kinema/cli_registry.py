"""`kinema registry`: serve it, take it out, audit it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinema.errors import MachineError, UsageError

if TYPE_CHECKING:
    from kinema.provenance.registry import Registry
    from kinema.provenance.registry.binding import Binding

registry = typer.Typer(
    name="registry",
    help="What was made here: answer for it, export it, audit its log.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


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
    """Answer the C2PA Soft Binding Resolution API over HTTP."""
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
    from kinema.provenance.origin import open_registry

    token = _token(token_file) if token_file else None
    with open_registry() as opened:
        app = make_app(opened, bindings_of(opened), token=token, largest_upload=max_upload << 20)
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
    from kinema.provenance.origin import open_registry
    from kinema.provenance.registry.export import export

    with open_registry() as opened:
        count = export(opened, output)
    print(f"{count} rows  {output}")


@registry.command("verify-log")
def verify_log(as_json: Json = False) -> None:
    """Audit everything: rows, leaves, nodes, signed heads, anchor. Exit code 3 if anything was tampered with."""
    from kinema.provenance.origin import open_registry

    with open_registry() as opened:
        findings = opened.verify()
        head = opened.checkpoint()
    if as_json:
        found = [finding.model_dump(mode="json") for finding in findings]
        print(json.dumps({"checkpoint": head, "findings": found}, indent=2))
    else:
        for finding in findings:
            print(f"{finding.verdict:5} {finding.rule}  {finding.detail}".rstrip())
        if head:
            print(f"\n{head}", end="")
    raise typer.Exit(0 if findings and all(f.verdict == "pass" for f in findings) else 3)


def bindings_of(opened: Registry) -> list[Binding]:
    """What the service knows a clip by, with the keys of this machine."""
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.manifest.facts import WATERMARK_ALG
    from kinema.provenance.registry.binding import fingerprint_binding, watermark_binding
    from kinema.provenance.trace.mark import marked_by

    find = marked_by(open_keyring().keyring, opened.ids)
    return [watermark_binding(opened, WATERMARK_ALG, find), fingerprint_binding(opened)]


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
