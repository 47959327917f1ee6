"""Property tests run the same examples everywhere, and are never timed: a slow machine is no failure.

To look for new ones: pytest --hypothesis-profile=explore
"""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def _home_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test signs with the keys of whoever runs it, nor fills their registry; subprocesses neither."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("KINEMA_KEYS", str(home / "keys"))
        patch.setenv("KINEMA_REGISTRY", str(home / "registry.sqlite"))
        patch.setenv("KINEMA_REGISTRY_ANCHOR", str(home / "registry.anchor"))
        patch.setenv("KINEMA_CONSENT", str(home / "consent"))
        for name in ("KINEMA_TSA", "KINEMA_KEY_PASSWORD", "KINEMA_HSM_PIN", "KINEMA_POLICY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> Iterator[None]:
    """Also where a shell started the tests in its background, and so with this signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def draw_clip() -> Callable[[Path], Path]:
    """A real clip of six frames, 64 by 48, H.264, in the container that the name asks for."""
    import av

    def draw(path: Path) -> Path:
        shades = np.random.default_rng(4).integers(0, 255, (6, 48, 64, 3), np.uint8)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for shade in shades:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, "rgb24")))
            container.mux(stream.encode())
        return path

    return draw
