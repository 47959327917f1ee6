"""Clips that others edited or drew: sealed as children, and nothing of their parents' history is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kinema.errors import ProvenanceError, UsageError
from kinema.physics.tape import file_hash
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.manifest.conformance import CHECKS, judge
from kinema.provenance.manifest.definition import SEAL_LABEL
from kinema.provenance.manifest.inspection import Inspection, inspect
from kinema.provenance.manifest.sdk import read
from kinema.provenance.manifest.seal import seal_child
from kinema.provenance.manifest.source_type import IPTC


def sealed(keyring: Keyring, clip: Path, target: Path, **more) -> Inspection:
    """Seal, check conformance as on every signed file, and look."""
    made = seal_child(clip, target, keyring, **more)
    found = read(made.clip, keyring.anchors, made.manifest_bytes if made.sidecar else None)
    assert found is not None
    assert judge(found.crjson) == {name: [] for name in CHECKS}
    return inspect(made.clip, keyring)


def told(keyring: Keyring, clip: Path) -> dict:
    found = read(clip, keyring.anchors)
    assert found is not None
    return found.crjson["manifests"][0]["assertions"]


def ingredients(found: Inspection) -> list[tuple[str, str, str]]:
    assert found.manifest is not None
    return [(one.title, one.relationship, one.state) for one in found.manifest.ingredients]


def test_edit_of_a_take_is_its_child(take, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    edit = draw_clip(tmp_path / "edit.mp4")
    found = sealed(keyring, edit, tmp_path / "out.mp4", parent=take.sealed.clip)
    assert found.ours
    assert ingredients(found) == [("clip.mp4", "parentOf", "trusted")]
    assert found.history == (found.history[0], take.sealed.manifest_id)
    done = told(keyring, tmp_path / "out.mp4")["c2pa.actions.v2"]
    assert [one["action"] for one in done["actions"]] == ["c2pa.opened", "c2pa.edited"]
    assert done["allActionsIncluded"] is False  # what the editor did, only the editor knows


@pytest.mark.parametrize(
    ("editor", "term"),
    [
        ("human", "humanEdits"),
        ("algorithm", "algorithmicallyEnhanced"),
        ("model", "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_editor_is_told(take, draw_clip, keyring: Keyring, tmp_path: Path, editor: str, term: str) -> None:
    edit = draw_clip(tmp_path / "edit.mp4")
    sealed(keyring, edit, tmp_path / "out.mp4", parent=take.sealed.clip, editor=editor)
    edited = told(keyring, tmp_path / "out.mp4")["c2pa.actions.v2"]["actions"][1]
    assert edited["digitalSourceType"] == f"{IPTC}{term}"


def test_foreign_clip_is_sealed_as_found(draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    """Nothing is claimed of how it came about: opened, no source type, a parent without a manifest."""
    clip = draw_clip(tmp_path / "found.mp4")
    found = sealed(keyring, clip, tmp_path / "out.mp4")
    assert ingredients(found) == [("found.mp4", "parentOf", "none")]
    assert found.manifest is not None
    assert (found.manifest.source_type, found.manifest.take) == ("", None)
    assert told(keyring, tmp_path / "out.mp4")["c2pa.actions.v2"]["allActionsIncluded"] is True


def test_statement_binds_shot_clip_and_inputs(draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    clip, plate, shot = draw_clip(tmp_path / "found.mp4"), tmp_path / "plate.hdr", tmp_path / "shot.yaml"
    plate.write_bytes(b"light")
    shot.write_text("title: A ball\n")
    found = sealed(keyring, clip, tmp_path / "out.mp4", components=[plate], shot=shot)
    assert ingredients(found) == [("found.mp4", "parentOf", "none"), ("plate.hdr", "componentOf", "none")]
    statement = told(keyring, tmp_path / "out.mp4")[SEAL_LABEL]
    assert statement["shot"] == file_hash(shot)
    assert statement["clip"] == file_hash(clip)
    assert [one["sha256"] for one in statement["inputs"]] == [file_hash(clip), file_hash(plate)]
    assert "A ball" not in json.dumps(told(keyring, tmp_path / "out.mp4"))


def test_manifest_that_the_clip_carries_is_not_thrown_away(
    take, seal, keyring: Keyring, tmp_path: Path
) -> None:
    """The edit was signed by whoever made it; its parent is another take: both histories are kept."""
    other = seal()
    found = sealed(keyring, other.sealed.clip, tmp_path / "out.mp4", parent=take.sealed.clip)
    assert [(kind, state) for _, kind, state in ingredients(found)] == [
        ("parentOf", "trusted"),
        ("componentOf", "trusted"),
    ]
    assert {take.sealed.manifest_id, other.sealed.manifest_id} < set(found.history)


def test_grandparents_are_kept(take, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    sealed(keyring, draw_clip(tmp_path / "1.mp4"), tmp_path / "first.mp4", parent=take.sealed.clip)
    found = sealed(
        keyring, draw_clip(tmp_path / "2.mp4"), tmp_path / "second.mp4", parent=tmp_path / "first.mp4"
    )
    assert len(found.history) == 3
    assert found.history[2] == take.sealed.manifest_id


def test_sidecar_of_a_parent_is_kept(seal, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    parent = seal("clip.mkv").sealed
    found = sealed(keyring, draw_clip(tmp_path / "edit.mp4"), tmp_path / "out.mp4", parent=parent.clip)
    assert ingredients(found) == [("clip.mkv", "parentOf", "trusted")]
    assert parent.manifest_id in found.history


def test_child_that_cannot_carry_its_manifest_gets_a_sidecar(
    take, draw_clip, keyring: Keyring, tmp_path
) -> None:
    edit = draw_clip(tmp_path / "edit.mkv")
    found = sealed(keyring, edit, tmp_path / "out.mkv", parent=take.sealed.clip)
    assert (found.ours, found.place) == (True, "sidecar")
    assert (tmp_path / "out.c2pa").is_file()


def test_tampered_parent_is_kept_as_what_it_is(take, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    """The child is trusted; of its parent it says that it was not."""
    parent = tmp_path / "parent.mp4"
    content = bytearray(take.sealed.clip.read_bytes())
    content[content.index(b"mdat") + 100] ^= 1
    parent.write_bytes(content)
    found = sealed(keyring, draw_clip(tmp_path / "edit.mp4"), tmp_path / "out.mp4", parent=parent)
    assert found.ours
    assert ingredients(found) == [("parent.mp4", "parentOf", "invalid")]


def test_strangers_parent_is_kept_as_what_it_is(take, draw_clip, tmp_path: Path) -> None:
    stranger = open_keyring(tmp_path / "keys").keyring
    edit = draw_clip(tmp_path / "edit.mp4")
    found = sealed(stranger, edit, tmp_path / "out.mp4", parent=take.sealed.clip)
    assert found.ours
    assert ingredients(found) == [("clip.mp4", "parentOf", "untrusted")]


def test_clip_is_not_sealed_over_itself(draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    """As found, it is its own parent: over itself, the parent would be gone."""
    clip = draw_clip(tmp_path / "clip.mp4")
    before = clip.read_bytes()
    with pytest.raises(UsageError, match="another file"):
        seal_child(clip, clip, keyring)
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="another file"):
        seal_child(clip, tmp_path / "x" / ".." / "clip.mp4", keyring)
    assert clip.read_bytes() == before


def test_parent_is_not_sealed_over(take, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    parent = Path(shutil.copyfile(take.sealed.clip, tmp_path / "parent.mp4"))
    with pytest.raises(UsageError, match="another file"):
        seal_child(draw_clip(tmp_path / "edit.mp4"), parent, keyring, parent=parent)


def test_sidecar_of_an_input_is_not_written_over(draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    plate = Path(shutil.copyfile(draw_clip(tmp_path / "plate.mkv"), tmp_path / "out.exr"))
    plate.with_suffix(".c2pa").write_bytes(b"its own")
    with pytest.raises(UsageError, match="another file"):
        seal_child(tmp_path / "plate.mkv", tmp_path / "out.mkv", keyring, components=[plate])
    assert plate.with_suffix(".c2pa").read_bytes() == b"its own"


def test_container_is_not_changed(draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        seal_child(draw_clip(tmp_path / "clip.mp4"), tmp_path / "out.mkv", keyring)


@pytest.mark.parametrize("missing", ["clip", "parent", "component", "shot", "folder"])
def test_file_that_is_not_there_is_refused(draw_clip, keyring: Keyring, tmp_path: Path, missing: str) -> None:
    clip, gone = draw_clip(tmp_path / "clip.mp4"), tmp_path / "gone.mp4"
    target = tmp_path / ("nowhere" if missing == "folder" else "") / "out.mp4"
    more = {
        "parent": {"parent": gone},
        "component": {"components": [gone]},
        "shot": {"shot": gone},
    }.get(missing, {})
    with pytest.raises((UsageError, ProvenanceError)):
        seal_child(gone if missing == "clip" else clip, target, keyring, **more)
    assert not target.exists()


def damaged(source: Path, target: Path, at: bytes) -> Path:
    """A copy with a run of zeros after `at`."""
    content = bytearray(source.read_bytes())
    start = content.index(at) + len(at)
    content[start : start + 64] = bytes(64)
    target.write_bytes(content)
    return target


def test_parent_whose_manifest_cannot_be_read_is_refused(
    take, draw_clip, keyring: Keyring, tmp_path: Path
) -> None:
    """To leave it out would be to throw its history away."""
    parent = damaged(take.sealed.clip, tmp_path / "parent.mp4", b"jumd")
    assert inspect(parent, keyring).words.startswith("cannot be read")
    with pytest.raises(ProvenanceError):
        seal_child(draw_clip(tmp_path / "edit.mp4"), tmp_path / "out.mp4", keyring, parent=parent)
    assert not (tmp_path / "out.mp4").exists()


def test_parent_beside_a_broken_sidecar_is_refused(seal, draw_clip, keyring: Keyring, tmp_path: Path) -> None:
    parent = Path(shutil.copyfile(seal("clip.mkv").sealed.clip, tmp_path / "parent.mkv"))
    parent.with_suffix(".c2pa").write_bytes(b"not a manifest")
    with pytest.raises(ProvenanceError, match="can be read, or none"):
        seal_child(draw_clip(tmp_path / "edit.mp4"), tmp_path / "out.mp4", keyring, parent=parent)
