"""The command line. Thin: it reads what was typed, calls `make_take`, and says what came of it.

Exit codes: 0 done; 2 the request cannot be accepted; 3 made, but the report failed; 4 could not be made;
5 this machine lacks something; 130 stopped by the user.
"""

from __future__ import annotations

import signal
import sys
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from kinema.cli_consent import consent
from kinema.cli_dataset import dataset
from kinema.cli_keys import keys
from kinema.cli_options import Json, print_json
from kinema.cli_policy import licences, policy
from kinema.cli_registry import registry
from kinema.cli_seal import seal
from kinema.cli_shoot import shoot
from kinema.cli_trace import reproduce, trace
from kinema.cli_train import export_weights, train
from kinema.errors import KinemaError
from kinema.interruption import say_when_waiting

app = typer.Typer(
    name="kinema",
    help="Describe a shot; kinema simulates what must happen, draws it, checks it, and keeps the receipts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(shoot)
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
                "unknown": [
                    {"word": u.word, "suggestions": list(u.suggestions), "of_a_look": u.of_a_look}
                    for u in compiled.unknown
                ],
            }
        )
        return
    print(dump_shot(compiled.shot), end="")
    for phrase in compiled.phrases:
        _say(f"# {phrase.words!r} → {'; '.join(map(str, phrase.sets)) or 'joins the words around it'}")
    for line in compiled.assumed:
        _say(f"# assumed: {line}")
    for unknown in compiled.unknown:
        _say(f"# not understood: {unknown}")


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


def _say(text: str) -> None:
    print(text, file=sys.stderr)


class Stopped(BaseException):
    """Ctrl-C or SIGTERM. No `except Exception` on the way may swallow it."""

    asked = False

    def __init__(self) -> None:
        type(self).asked = True


def _stop(_signal: int, _frame: object) -> None:
    raise Stopped


def main() -> None:
    """Entry point: every error ends here, as one line and an exit code."""
    # A job manager's SIGTERM is a polite Ctrl-C: the frame in flight is finished or dropped, drawn ones are kept.
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    say_when_waiting("kinema: stopping after what is under way; again, and it stops at once.")
    try:
        app()
    except KinemaError as error:
        _say(f"kinema: {error}")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except (Exception, Stopped):
        if not Stopped.asked:  # what was being imported or recorded may have made an error of its own of it
            raise
        _say("kinema: stopped. What is finished is kept; the same command goes on from it.")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
