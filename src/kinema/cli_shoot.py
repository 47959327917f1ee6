"""`kinema shoot`: reads what was typed, calls `make_take`, and says what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from kinema.cli_options import Json, Territories, one_of, print_json, territories
from kinema.errors import UsageError

Source = Annotated[str, typer.Argument(help="Words, a shot file (.yaml, .json), a USD stage, or a take.")]


def shoot(
    source: Source,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder of the take.")] = None,
    quality: Annotated[str, typer.Option(help="draft = preview renderer; final = path traced.")] = "final",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT in pixels.")] = "854x480",
    frames: Annotated[str | None, typer.Option(help="A:B, frames A to B-1 of the clip.")] = None,
    seconds: Annotated[str | None, typer.Option(help="Length of the clip.")] = None,
    fps: Annotated[str | None, typer.Option(help="Frames per second, such as 24 or 24000/1001.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    look: Annotated[
        str | None, typer.Option(help="Grade, painted style, words or diffusers:MODEL; see `kinema looks`.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Change one thing: light.sun.kelvin=3200. Repeatable.")
    ] = None,
    engine: Annotated[str, typer.Option(help="rapier, mujoco or analytic.")] = "rapier",
    codec: Annotated[str, typer.Option(help="h264, av1, prores_hq or prores_4444.")] = "h264",
    noise: Annotated[
        float, typer.Option(help="Path tracer: half of it, half the error, four times the samples.")
    ] = 0.03,
    passes: Annotated[
        bool, typer.Option("--passes", help="Keep every frame as OpenEXR with all passes.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Go on from the frames already drawn, or start over.")
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another take in the folder.")
    ] = False,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Paint on the GPU: painted looks, dream, diffusers:.")
    ] = False,
    open_: Annotated[
        list[str] | None,
        typer.Option("--open", help="How a diffusers: look is drawn: control=edges. Repeatable."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help="What a dream starts from: FILE, or FRAME:FILE, -1 the last. Repeatable."),
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="How far what is given may change: 0 stays, 1 is forgotten.")
    ] = None,
    mask: Annotated[
        str | None, typer.Option(help="A picture: white is dreamt anew, black of what is given stays.")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="A dream whose first frame follows its last.")] = False,
    label: Annotated[str | None, typer.Option(help="Burn this text in, beside the AI mark.")] = None,
    use: Annotated[
        str, typer.Option(help="personal, film, advertising, news, political, research.")
    ] = "unstated",
    territory: Territories = None,
    strict: Annotated[bool, typer.Option("--strict", help="Words not understood are an error.")] = False,
    llm: Annotated[
        bool, typer.Option("--llm", help="Compile words by the endpoint of KINEMA_LLM_URL.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a take: simulate the shot, draw it, check it, sign it."""
    from kinema.diffusion.given import read_given
    from kinema.diffusion.open_weights.options import read_options
    from kinema.footage import ingredients_of, refuse_impossible, warnings_of
    from kinema.job import Job
    from kinema.policy.label import Label
    from kinema.policy.request import Purpose, Use
    from kinema.progress import for_this_terminal
    from kinema.request import free_name, in_look, read_request, with_options
    from kinema.take import make_take

    request = read_request(source, strict=strict, llm=llm)
    if look is not None:
        request = in_look(request, look)
    shot = with_options(request.shot, seconds=seconds, fps=fps, seed=seed, sets=tuple(set_ or ()))
    width, height = _size(size)
    job = Job(
        quality=one_of("--quality", quality, ("draft", "final")),
        width=width,
        height=height,
        engine=one_of("--engine", engine, ("rapier", "mujoco", "analytic")),
        codec=one_of("--codec", codec, ("h264", "prores_hq", "prores_4444", "av1")),
        frames=_span(frames) if frames else None,
        noise=_above_zero("--noise", noise),
        passes=passes,
        open_weights=read_options(open_ or (), gpu=gpu),
        given=read_given(given or (), strength=strength, mask=mask, loop=loop),
    )
    for note in request.notes:
        _say(note)
    refuse_impossible(shot, job)
    for warning in warnings_of(shot, job):
        _say(warning)
    for part in ingredients_of(shot, job):  # before the work: a licence may forbid it
        _say(f"{part['name']}: {part['pipeline']}, licence {part['licence']}")
    folder = output or free_name(request.name)
    take = make_take(
        shot,
        folder,
        job,
        assets=request.assets,
        tape_from=request.tape_from,
        purpose=Purpose(use=one_of("--use", use, get_args(Use)), territories=territories(territory)),
        label=None if label is None else Label(text=label),
        overwrite=overwrite,
        resume=resume,
        progress=for_this_terminal(),
    )
    _tell(take, as_json=as_json)
    raise typer.Exit(0 if take.report.passed else 3)


def _tell(take: Any, *, as_json: bool) -> None:
    """Where everything is, and how the checks went."""
    folder = take.folder
    if as_json:
        print_json(
            {**take.record, "folder": str(folder.path), "report": take.report.model_dump(by_alias=True)}
        )
        return
    passed = sum(f.verdict == "pass" for f in take.report.findings)
    print(f"clip      {take.clip}")
    print(f"report    {folder.page}  ({passed} of {len(take.report.findings)} checks passed)")
    for part in take.record["ingredients"]:
        print(f"made with {part['name']}  (licence {part['licence']})")
    origin = take.record["origin"]
    by = "development keys; see `kinema keys`" if origin["development_keys"] else "your keys"
    print(f"origin    {origin['id']}, signed by {by}")
    print(f"pictures  {folder.contact_sheet}, {folder.thumbnail}")
    if folder.passes.is_dir():
        print(f"passes    {folder.passes}")
    for failure in take.report.failures:
        unit = f" {failure.unit}" if failure.unit else ""
        print(
            f"FAILED    {failure.check}: {failure.subject} {failure.rule}: measured {failure.measured:.4g}{unit}, "
            f"bound {failure.bound:.4g}{unit}. {failure.detail}",
            file=sys.stderr,
        )


def _size(text: str) -> tuple[int, int]:
    width, x, height = text.lower().partition("x")
    if not (x and width.isdigit() and height.isdigit()) or not all(
        16 <= int(v) <= 8192 for v in (width, height)
    ):
        raise UsageError(
            "--size", "must be WIDTHxHEIGHT, each from 16 to 8192", got=repr(text), next_step="E.g. 1280x720"
        )
    return int(width), int(height)


def _span(text: str) -> tuple[int, int]:
    first, colon, stop = text.partition(":")
    if not (colon and first.isdigit() and stop.isdigit()):
        raise UsageError("--frames", "must be A:B, two whole numbers", got=repr(text), next_step="E.g. 0:24")
    return int(first), int(stop)


def _above_zero(option: str, value: float) -> float:
    if not 0 < value < 10:
        raise UsageError(option, "must be above 0 and below 10", got=value, next_step="0.03 is the default.")
    return value


def _say(text: str) -> None:
    print(text, file=sys.stderr)
