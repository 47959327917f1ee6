"""The state of reading: the scene so far, the phrase at hand, and which words have been used."""

from __future__ import annotations

from dataclasses import dataclass, field

from kinema.shot.prompt.lexer import Lexeme
from kinema.shot.prompt.scene import Draft, Event, Lamp, Move, Scene, Thing

Topic = Thing | Event | Lamp | Move | str | None
"""What later words can be about: a part of the scene, or "camera", "wind", "gravity", "ground", "slow_motion", ..."""


@dataclass
class Reading:
    """Shared by all readers."""

    scene: Scene = field(default_factory=Scene)
    drafts: list[Draft] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    """Where the words start that meant something."""
    pending: tuple[Lexeme, ...] = ()
    """Adjectives that wait for their noun: "a big, red ball"."""
    measure: Lexeme | None = None
    """A measure that waits for its amount: "density 950 kg/m3"."""
    distance: Lexeme | None = None
    """A length that waits for its relation: "2 m above the crate"."""
    when: Lexeme | None = None
    """A time that waits for its verb: "after 1 s, a ball drops"."""
    subjects: list[Thing] = field(default_factory=list)
    topic: Topic = None
    on_camera: bool = False
    """The sentence is about the camera."""
    by_pronoun: bool = False
    """The subject is an "it"."""
    mentioned: list[Thing] = field(default_factory=list)
    """Things an "it" may mean, the last one last; what only says where another thing is does not count."""
    after_with: bool = False
    """The phrase follows "with": it describes the thing last mentioned."""
    default_materials: list[Thing] = field(default_factory=list)

    @property
    def draft(self) -> Draft:
        """The phrase at hand."""
        return self.drafts[-1]

    @property
    def last(self) -> Thing | None:
        """The thing last mentioned."""
        return self.mentioned[-1] if self.mentioned else None

    def use(self, *lexemes: Lexeme) -> None:
        """These words meant something."""
        self.used.update(lexeme.start for lexeme in lexemes)

    def used_for(self, path: str, *lexemes: Lexeme) -> None:
        """These words set that field."""
        self.use(*lexemes)
        self.draft.sets(path)

    def take_pending(self) -> tuple[Lexeme, ...]:
        """The adjectives that waited."""
        pending, self.pending = self.pending, ()
        return pending

    def assume(self, what: str) -> None:
        """The prompt left this open."""
        if what not in self.scene.assumed:
            self.scene.assumed.append(what)
