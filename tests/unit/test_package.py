"""Promises about the package as a whole."""

import subprocess
import sys


def test_import_loads_nothing_heavy():
    """The 200 ms promise, tested by its cause, the modules loaded: time depends on the machine."""
    program = (
        "import sys, kinema; heavy = {'numpy', 'scipy', 'pydantic', 'mitsuba', 'numba', 'rapier3d', 'mujoco',"
        " 'av', 'pxr', 'trimesh', 'matplotlib', 'torch', 'PyOpenColorIO'}; print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_names_resolve():
    import kinema

    for name in kinema.__all__:
        assert getattr(kinema, name) is not None


def test_installed_packages_hold_no_torch_and_no_cuda():
    """The base install's promise, read from its own pins."""
    from pathlib import Path

    pins = (Path(__file__).parents[2] / "constraints.txt").read_text("utf-8").lower()
    assert "torch" not in pins
    assert "nvidia" not in pins
    assert "cuda" not in pins
