"""What a manifest says, as the C2PA specification 2.4 wants it said: assertions and actions by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final, Literal

from kinema.provenance.iscc.units import ALG as ISCC
from kinema.provenance.manifest.facts import LABEL, Model, TakeFacts
from kinema.provenance.manifest.sdk import SPEC_VERSION, Input
from kinema.provenance.manifest.source_type import EDITED, ENHANCED, source_type

SEAL_LABEL: Final = "org.kinema.seal"
Editor = Literal["human", "algorithm", "model"]
_USES: Final = ("cawg.data_mining", "cawg.ai_training", "cawg.ai_generative_training", "cawg.ai_inference")
_MODEL_TYPES: Final = {"painter": "c2pa.types.model.openvino", "open weights": "c2pa.types.model.pytorch"}


def of_take(
    facts: TakeFacts, inputs: Sequence[Input], now: datetime, *, iscc: bytes | None = None
) -> dict[str, Any]:
    """A clip that kinema made: every action on it is known, and nothing else was done. `iscc`: its ISCC-SEQ."""
    models = facts.models
    used = [part.label for part in inputs] + [f"model{n}" for n in range(len(models))]
    created: dict[str, Any] = {
        "action": "c2pa.created",
        "when": _time(now),
        "digitalSourceType": source_type(facts.drawn_by),
        "softwareAgent": _agent(f"kinema {facts.drawn_by}"),
    }
    actions = [_with_ingredients(created, used)]
    actions += [_placed(part) for part in inputs if part.relationship == "componentOf"]
    if facts.drawn_by == "path tracer":
        actions.append(
            {
                "action": "c2pa.enhanced",
                "digitalSourceType": ENHANCED,
                "softwareAgent": {
                    "name": "Open Image Denoise",
                    "version": facts.versions.get("pyoidn", "unknown"),
                },
            }
        )
    if facts.binding:
        actions.append({"action": "c2pa.watermarked.bound", "softwareAgent": _agent("kinema watermark")})
    assertions = [
        _actions(actions, complete=True),
        *([_soft_binding(facts.binding.alg, facts.binding.value)] if facts.binding else []),
        *([_soft_binding(ISCC, list(iscc))] if iscc else []),
        *(_disclosure(model, _MODEL_TYPES[facts.drawn_by]) for model in models),
        _mining(facts.mining),
        _created(LABEL, facts.model_dump(mode="json", by_alias=True, exclude_none=True)),
    ]
    return _manifest(assertions, [_ingredient(model, n, facts) for n, model in enumerate(models)])


def of_child(
    parent: Input,
    components: Sequence[Input],
    statement: Mapping[str, Any],
    *,
    edited: Editor | None,
    now: datetime,
) -> dict[str, Any]:
    """A clip that others edited or drew. `edited` None: it is `parent` itself, sealed as it was found."""
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.opened", "when": _time(now), "parameters": {"ingredientIds": [parent.label]}}
    ]
    actions += [_placed(part) for part in components if part.relationship == "componentOf"]
    if edited:
        actions.append({"action": "c2pa.edited", "digitalSourceType": EDITED[edited]})
    # Complete only where nothing was done: of what an editor did, only the editor knows.
    assertions = [_actions(actions, complete=edited is None), _created(SEAL_LABEL, dict(statement))]
    return _manifest(assertions, [])


def _manifest(assertions: list[dict[str, Any]], ingredients: list[dict[str, Any]]) -> dict[str, Any]:
    generator = {"name": "kinema", "version": version("kinema"), "specVersion": SPEC_VERSION}
    return {"claim_generator_info": [generator], "assertions": assertions, "ingredients": ingredients}


def _actions(actions: list[dict[str, Any]], *, complete: bool) -> dict[str, Any]:
    return _created("c2pa.actions.v2", {"allActionsIncluded": complete, "actions": actions})


def _created(label: str, content: dict[str, Any]) -> dict[str, Any]:
    """An assertion that the claim generator itself made, and answers for."""
    return {"label": label, "data": content, "created": True}


def _with_ingredients(action: dict[str, Any], labels: Sequence[str]) -> dict[str, Any]:
    return {**action, "parameters": {"ingredientIds": list(labels)}} if labels else action


def _placed(part: Input) -> dict[str, Any]:
    return {"action": "c2pa.placed", "parameters": {"ingredientIds": [part.label]}}


def _soft_binding(alg: str, value: str | list[int]) -> dict[str, Any]:
    """Empty scope: it is of the whole clip. A value should be bytes, which c2pa-python 0.38.1 cannot write: it writes a
    list of numbers as one, which all that is built on c2pa-rs reads as those bytes, and text as the bytes of its
    letters."""
    return _created("c2pa.soft-binding", {"alg": alg, "blocks": [{"scope": {}, "value": value}]})


def _disclosure(model: Model, kind: str) -> dict[str, Any]:
    """A person wrote the shot and a world steered the pixels, but no person looked at them: prompt_guided."""
    return _created(
        "c2pa.ai-disclosure",
        {
            "modelType": kind,
            "modelName": model.name,
            "modelIdentifier": f"sha256:{model.sha256}",
            "contentProfile": {"humanOversightLevel": "prompt_guided"},
        },
    )


def _mining(use: str) -> dict[str, Any]:
    """CAWG training and data mining assertion 1.1. Looking at the clip with a model is nobody's to forbid."""
    uses = {name: {"use": "allowed" if name == "cawg.ai_inference" else use} for name in _USES}
    return _created("cawg.training-mining", {"entries": uses})


def _ingredient(model: Model, n: int, facts: TakeFacts) -> dict[str, Any]:
    about = f"{model.pipeline}; licence {model.licence}; SHA-256 {model.sha256}"
    return {
        "title": model.name,
        "relationship": "inputTo",
        "label": f"model{n}",
        "description": about.removeprefix("; "),
        "data_types": [{"type": _MODEL_TYPES[facts.drawn_by]}],
    }


def _agent(name: str) -> dict[str, str]:
    return {"name": name, "version": version("kinema")}


def _time(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
