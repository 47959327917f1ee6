"""`kinema keys`: who signs. Passwords and PINs come from the environment, never from a command line others can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kinema.cli_options import Json, one_of, print_json
from kinema.config import read_config
from kinema.errors import UsageError

keys = typer.Typer(
    name="keys",
    help="Keys that sign clips, log heads and consent, that key the watermark, and that lock evidence.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Compromised = Annotated[
    bool, typer.Option("--compromised", help="Distrust the old key: what it signed no longer verifies.")
]


@keys.command()
def init() -> None:
    """Make all keys, with a development certificate. The first shoot does this too."""
    from kinema.provenance.keys.ceremony import init as make

    keyring = make(read_config().keys)
    print(f"keys      {keyring.folder}")
    print("signs as  a development authority: trusted here, and nowhere else")


@keys.command()
def rotate(
    role: Annotated[str, typer.Argument(help="claim, checkpoint, consent, watermark or evidence.")] = "claim",
    compromised: Compromised = False,
) -> None:
    """Make a new key of one role. What the old one signed still verifies, and the old one can sign no more."""
    from kinema.provenance.keys import read_keyring
    from kinema.provenance.keys.ceremony import rotate as change
    from kinema.provenance.keys.generation import ROLES

    known = one_of("role", role, ROLES)
    print(f"made      {change(read_keyring(read_config().keys), known, compromised=compromised)}")


@keys.command()
def distrust(
    role: Annotated[str, typer.Argument(help="claim, checkpoint, consent, watermark or evidence.")],
    generation: Annotated[str, typer.Argument(help="Its number, as `kinema keys show` gives it: 0001.")],
) -> None:
    """Distrust an older key that was found out: what it signed no longer verifies."""
    from kinema.provenance.keys import read_keyring
    from kinema.provenance.keys.ceremony import distrust as refuse
    from kinema.provenance.keys.generation import ROLES

    known = one_of("role", role, ROLES)
    refuse(read_keyring(read_config().keys), known, generation)
    print(f"distrusts {role} {generation}")


@keys.command()
def show(as_json: Json = False) -> None:
    """Say which keys there are, whose they are, and until when. Shows no secret."""
    from kinema.provenance.keys import read_keyring
    from kinema.provenance.keys.summary import summary_of

    found = summary_of(read_keyring(read_config().keys))
    if as_json:
        print_json(found.as_dict())
        return
    print(f"keys        {found.folder}")
    for one in found.claims:
        print(f"{one.state:11} claim {one.generation}, {one.kind}, {one.subject}, until {one.until:%Y-%m-%d}")
    for name, key_id, count in found.others:
        print(f"{'signs':11} {name} {key_id}, {count} generation{'s' if count > 1 else ''}")
    for name, count in (("watermark", found.watermarks), ("evidence", found.evidence)):
        print(f"{'keys':11} {name}, {count} generation{'s' if count != 1 else ''}")
    for place in found.trusted:
        print(f"{'trusts':11} {place}")
    if found.soon:
        print(f"\nThe claim certificate ends in {found.days} days: kinema keys rotate")


@keys.command("import-p12")
def import_p12(
    file: Annotated[Path, typer.Argument(help="PKCS#12 file with key and certificates.")],
    anchor: Annotated[
        Path | None, typer.Option(help="PEM of the root and intermediates that the file lacks.")
    ] = None,
    compromised: Compromised = False,
) -> None:
    """Sign clips with a key of a PKCS#12 file. Its password: KINEMA_KEY_PASSWORD, now and at every signature."""
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.keys.ceremony import import_p12 as take_in

    keyring = open_keyring().keyring
    anchors = _read(anchor) if anchor else b""
    print(f"imported  {take_in(keyring, _read(file), anchors=anchors, compromised=compromised)}")


@keys.command("import-hsm")
def import_hsm(
    module: Annotated[Path, typer.Option(help="The maker's PKCS#11 library (.so).")],
    token: Annotated[str, typer.Option(help="Label of the token.")],
    key: Annotated[str, typer.Option(help="Label of the elliptic key pair on it.")],
    certificates: Annotated[
        Path | None,
        typer.Option(
            help="PEM of the key's certificate, its intermediates and root; without: a development one."
        ),
    ] = None,
    compromised: Compromised = False,
) -> None:
    """Sign clips with a key that stays on its token (PKCS#11). Its PIN: KINEMA_HSM_PIN, now and at every signature."""
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.keys.ceremony import import_hsm as take_in
    from kinema.provenance.keys.hsm import Slot

    keyring = open_keyring().keyring
    given = _read(certificates) if certificates else b""
    slot = Slot(module=str(module.resolve()), token=token, key=key)
    print(f"imported  {take_in(keyring, slot, certificates=given, compromised=compromised)}")


@keys.command()
def trust(
    file: Annotated[Path, typer.Argument(help="PEM of a root certificate.")],
    maker: Annotated[
        bool, typer.Option("--maker", help="Of another maker of clips, not of a time-stamping authority.")
    ] = False,
) -> None:
    """Trust the root of a time-stamping authority, or with --maker that of another maker."""
    from kinema.provenance.keys import open_keyring
    from kinema.provenance.keys.ceremony import trust as accept

    kept = accept(open_keyring().keyring, _read(file), file.name, "makers" if maker else "stamps")
    print(f"trusted   {kept}")


def _read(path: Path) -> Any:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            str(path), "must be a file that can be read", got=error.strerror, next_step="Check its name."
        ) from error
