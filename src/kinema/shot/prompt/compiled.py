"""What a prompt became: the shot, which words set what, which words said nothing, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass

from kinema.shot.shot import Shot


@dataclass(frozen=True)
class Setting:
    """One field of the shot and the value it has there."""

    path: str
    """By names of bodies and lights and kinds of goals and moves: `bodies.can_*.shape`, `goals.hits`."""
    value: str
    """As read from the shot, with its unit."""

    def __str__(self) -> str:
        return f"{self.path} = {self.value}"


@dataclass(frozen=True)
class Phrase:
    """Words that belong together, `prompt[start:end]`, and what they set."""

    start: int
    end: int
    words: str
    sets: tuple[Setting, ...]


@dataclass(frozen=True)
class Unknown:
    """A word that set nothing, `prompt[start:end]`."""

    word: str
    start: int
    end: int
    suggestions: tuple[str, ...]
    """Words kinema knows that look alike, nearest first."""
    of_a_look: bool
    """Whether `--look` knows it: "wet" asphalt looks wet and slides as it did."""

    def __str__(self) -> str:
        """The word, and what to write or where to say it, if that is known."""
        if self.of_a_look:
            return f"{self.word!r} (a word of --look)"
        near = f" (did you mean {', '.join(self.suggestions)}?)" if self.suggestions else ""
        return f"{self.word!r}{near}"


@dataclass(frozen=True)
class Compiled:
    """A prompt, compiled. Every word of it is in `phrases` or in `unknown`."""

    shot: Shot
    phrases: tuple[Phrase, ...]
    unknown: tuple[Unknown, ...]
    assumed: tuple[str, ...]
    """What the prompt left open and the compiler chose."""
