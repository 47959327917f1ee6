"""The command line. Thin: it reads what was typed, calls `make_take`, and says what came of it.

Exit codes: 0 done; 2 the request cannot be accepted; 3 made, but the report failed; 4 could not be made;
5 this machine lacks something; 130 stopped by the user.
"""

from __future__ import annotations

import signal
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from kinema.cli_consent import consent
from kinema.cli_dataset import dataset
from kinema.cli_keys import keys
from kinema.cli_options import Json, Territories, one_of, print_json, territories
from kinema.cli_policy import licences, policy
from kinema.cli_registry import registry
from kinema.cli_seal import seal
from kinema.cli_trace import reproduce, trace
from kinema.cli_train import export_weights, train
from kinema.errors import KinemaError, UsageError

app = typer.Typer(
    name="kinema",
    help="Describe a shot; kinema simulates what must happen, draws it, checks it, and keeps the receipts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(dataset)
app.add_typer(registry)
app.add_typer(train)
app.add_typer(policy)
app.add_typer(consent)
app.add_typer(keys)
app.command("export")(export_weights)
app.command("licences")(licences)
app.command()(seal)
app.command()(trace)
app.command()(reproduce)

Source = Annotated[str, typer.Argument(help="Words, a shot file (.yaml, .json), a USD stage, or a take.")]


@app.command()
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
    gpu: Annotated[bool, typer.Option("--gpu", help="Draw a diffusers: look on the GPU.")] = False,
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
        label=Label(text=label) if label else None,
        overwrite=overwrite,
        resume=resume,
        progress=for_this_terminal(),
    )
    _tell(take, as_json=as_json)
    raise typer.Exit(0 if take.report.passed else 3)


@app.command()
def parse(
    text: Annotated[str, typer.Argument(help="A shot in words.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the shot to this file too.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Words not understood are an error.")] = False,
    as_json: Json = False,
) -> None:
    """Show the shot that words compile to, and what each word set."""
    from kinema.shot.files import dump_shot, to_tree
    from kinema.shot.prompt import compile_prompt

    compiled = compile_prompt(text, strict=strict)
    if output:
        dump_shot(compiled.shot, output)
    if as_json:
        print_json(
            {
                "shot": to_tree(compiled.shot),
                "phrases": [{"words": p.words, "sets": [str(s) for s in p.sets]} for p in compiled.phrases],
                "assumed": list(compiled.assumed),
                "unknown": [{"word": u.word, "suggestions": list(u.suggestions)} for u in compiled.unknown],
            }
        )
        return
    print(dump_shot(compiled.shot), end="")
    for phrase in compiled.phrases:
        _say(f"# {phrase.words!r} → {'; '.join(map(str, phrase.sets)) or 'joins the words around it'}")
    for line in compiled.assumed:
        _say(f"# assumed: {line}")
    for word in compiled.unknown:
        near = f"; did you mean {', '.join(word.suggestions)}?" if word.suggestions else ""
        _say(f"# not understood: {word.word!r}{near}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what works on this machine, and what to do about what does not."""
    from kinema.doctor import examine

    checks = examine()
    if as_json:
        print_json([vars(check) for check in checks])
    else:
        for check in checks:
            state = "ok" if check.works else "FAIL" if check.needed else "none"
            print(f"{state:4}  {check.name:14} {check.finding}")
            if not check.works and check.remedy:
                print(f"      {'':14} → {check.remedy}")
    raise typer.Exit(0 if all(check.works or not check.needed for check in checks) else 5)


@app.command()
def materials(as_json: Json = False) -> None:
    """List the materials of the library."""
    from kinema.shot.files import to_tree
    from kinema.shot.material import library

    if as_json:
        print_json({name: to_tree(material) for name, material in library().items()})
        return
    heads = ("kg/m³", "friction", "bounce", "E [GPa]", "strength [MPa]")
    print(f"{'name':16} {heads[0]:>7} {heads[1]:>8} {heads[2]:>6} {heads[3]:>8} {heads[4]:>14}  optics")
    for name, m in sorted(library().items()):
        print(
            f"{name:16} {m.density:7.0f} {m.friction:8.2f} {m.restitution:6.2f} {m.youngs_modulus / 1e9:8.3g}"
            f" {m.strength / 1e6:14.3g}  {m.optics.kind}"
        )


@app.command()
def looks() -> None:
    """List the looks of a clip: grades, and what the network paints."""
    from kinema.diffusion.looks import painted_looks
    from kinema.diffusion.manifest import weights_folder
    from kinema.media.look import grade_named
    from kinema.media.look import looks as names
    from kinema.shot.dressing.words import listed

    for name in names():
        print(f"{name:16} {grade_named(name).title}")
    state = "painted" if (weights_folder() / "weights.json").is_file() else "painted; needs weights"
    for name, title in painted_looks().items():
        print(f"{name:16} {title}  ({state})")
    print(f"{'diffusers:MODEL':16} Drawn by open weights: a folder or id of a diffusers video pipeline")
    print('\nOr words, such as --look "noir film, wet asphalt, golden hour". What happens stays as it is.')
    for group, several in listed().items():
        print(textwrap.fill(f"{group + ':':16} {', '.join(several)}", 110, subsequent_indent=17 * " "))


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


class Stopped(BaseException):
    """Ctrl-C or SIGTERM. No `except Exception` on the way may swallow it."""


def _stop(_signal: int, _frame: object) -> None:
    raise Stopped


def main() -> None:
    """Entry point: every error ends here, as one line and an exit code."""
    # A job manager's SIGTERM is a polite Ctrl-C: the frame in flight is dropped, drawn ones are kept.
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except KinemaError as error:
        _say(f"kinema: {error}")
        raise SystemExit(error.exit_code) from None
    except Stopped:
        _say("kinema: stopped. What is finished is kept; the same command goes on from it.")
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
