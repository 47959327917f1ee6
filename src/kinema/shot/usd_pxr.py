"""The door to USD's modules: loaded when a stage is read, untyped since they ship no types."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kinema.errors import MachineError


def pxr(name: str) -> Any:
    """A module of USD by name, e.g. `UsdGeom`. Raises `MachineError` where USD is not installed."""
    try:
        return import_module(f"pxr.{name}")
    except ImportError as error:
        raise MachineError(
            "usd-core",
            "must be installed to read USD stages",
            got=str(error),
            next_step="pip install usd-core",
        ) from error


def value_of(prim: Any, name: str, otherwise: Any) -> Any:
    """Value of an attribute: the default one, else the first sample, else `otherwise`."""
    attribute = prim.GetAttribute(name)
    if not attribute:
        return otherwise
    value = attribute.Get()
    if value is None and (samples := attribute.GetTimeSamples()):
        value = attribute.Get(samples[0])
    return otherwise if value is None else value
