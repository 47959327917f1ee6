"""Compiling by a language model, against a real HTTP server that speaks the chat completions protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from kinema.config import Config, read_config
from kinema.errors import MachineError, ShotError, UsageError
from kinema.shot.body import Sphere
from kinema.shot.prompt.llm import MAX_ANSWER, compile_by_llm

SHOT = {
    "bodies": [{"name": "ball", "shape": {"kind": "sphere", "radius": "5 cm"}, "material": "steel"}],
    "lights": [{"name": "sun", "kind": "sun"}],
}


@contextmanager
def serving(answer: Callable[[dict[str, Any], dict[str, str]], tuple[int, bytes]]) -> Iterator[Config]:
    """A server on a free port that answers each POST by `answer(body, headers)`."""

    class Peer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = answer({"path": self.path, **body}, dict(self.headers))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the client reads no more than it takes
                self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Peer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield replace(
            read_config(),
            llm_url=f"http://127.0.0.1:{server.server_port}/v1",
            llm_model="small",
            llm_key="secret",
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(content: object) -> Callable[[dict[str, Any], dict[str, str]], tuple[int, bytes]]:
    """A model that answers `content`, whatever it is asked."""
    reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
    return lambda _body, _headers: (200, reply)


def test_the_answer_becomes_a_validated_shot_and_the_request_is_structured() -> None:
    asked: list[dict[str, Any]] = []
    told: list[dict[str, str]] = []

    def answer(body: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
        asked.append(body)
        told.append(headers)
        return says(json.dumps(SHOT))(body, headers)

    with serving(answer) as config:
        shot = compile_by_llm("a steel ball", config)
    assert shot.body("ball").shape == Sphere(radius=0.05)
    assert shot.prompt == "a steel ball"
    assert asked[0]["path"] == "/v1/chat/completions"
    assert asked[0]["model"] == "small"
    assert asked[0]["messages"][-1] == {"role": "user", "content": "a steel ball"}
    assert asked[0]["response_format"]["json_schema"]["schema"]["title"] == "Shot"
    assert told[0]["Authorization"] == "Bearer secret"


def test_a_negative_mass_from_the_model_is_refused_like_any_other() -> None:
    bad = {**SHOT, "bodies": [{**SHOT["bodies"][0], "mass": "-1 kg"}]}
    with serving(says(json.dumps(bad))) as config, pytest.raises(ShotError, match="must be above 0"):
        compile_by_llm("a ball", config)


@pytest.mark.parametrize("content", ["I would rather not.", "[1, 2]", None, "{", "[" * 100_000])
def test_an_answer_that_is_no_object_is_refused(content: object) -> None:
    with serving(says(content)) as config, pytest.raises(ShotError, match="one JSON object"):
        compile_by_llm("a ball", config)


def test_a_shot_without_bodies_is_refused() -> None:
    with serving(says("{}")) as config, pytest.raises(ShotError, match="at least one body"):
        compile_by_llm("a ball", config)


@pytest.mark.parametrize(
    ("status", "reply", "shown"),
    [
        (500, b"out of memory", "HTTP 500: out of memory"),
        (401, b"bad key", "HTTP 401"),
        (302, b"", "HTTP 302"),  # a redirect would take the key elsewhere
        (200, b"<html>", "chat completions protocol"),
        (200, b'{"choices": []}', "chat completions protocol"),
        (200, b" " * (MAX_ANSWER + 1), "more than 4 MiB"),
    ],
)
def test_a_peer_that_fails_is_a_machine_error_with_its_words(status: int, reply: bytes, shown: str) -> None:
    with (
        serving(lambda _b, _h: (status, reply)) as config,
        pytest.raises(MachineError, match=shown) as caught,
    ):
        compile_by_llm("a ball", config)
    assert "secret" not in str(caught.value)


def test_no_peer_no_url_and_other_schemes_are_told_apart() -> None:
    with serving(says("{}")) as config:
        pass  # the port is free again, and nobody listens
    with pytest.raises(MachineError, match="refused"):
        compile_by_llm("a ball", config)
    with pytest.raises(UsageError, match="KINEMA_LLM_URL"):
        compile_by_llm("a ball", replace(config, llm_url=None))
    with pytest.raises(UsageError, match="http"):
        compile_by_llm("a ball", replace(config, llm_url="file:///etc"))
    with pytest.raises(ShotError, match="characters"):
        compile_by_llm("", config)
