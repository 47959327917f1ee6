"""Memory is told before the work, and so are sizes beyond training."""

from __future__ import annotations

import psutil
import pytest

from kinema.diffusion.footprint import GIB, beyond_training, refuse_too_large
from kinema.errors import MachineError

LEARNED = {"grid": {"frames": 17, "height": 128, "width": 192}}


class Free:
    """What psutil would say."""

    available = 2 * GIB


def test_a_picture_too_large_for_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", Free)
    refuse_too_large(320, 192)
    with pytest.raises(MachineError, match=r"painting 1920x1080.*needs 13\.2 GiB.*2\.0 GiB free"):
        refuse_too_large(1920, 1080)


@pytest.mark.parametrize(("size", "told"), [((192, 128), False), ((96, 64), False), ((193, 128), True)])
def test_sizes_beyond_training_are_told(size, told):
    assert (beyond_training(LEARNED, *size) is not None) == told
