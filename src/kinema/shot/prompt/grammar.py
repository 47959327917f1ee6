"""Lexemes to phrases, by the grammar in `grammar.lark`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from kinema.shot.prompt.lexer import Lexeme


@dataclass(frozen=True)
class Node:
    """One phrase: its head word, what stands before it, and the phrase inside it ("of glass", "the pane")."""

    kind: Literal["noun", "verb", "adjunct", "loose", "link", "bare"]
    head: Lexeme | None
    run: tuple[Lexeme, ...]
    inner: Node | None
    lexemes: tuple[Lexeme, ...]
    """All of it, in order."""


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark, Token
    from lark.lexer import Lexer

    class Ready(Lexer):
        """The lexer has already run; hand over what it found."""

        def __init__(self, _conf: Any) -> None:
            pass

        def lex(self, data: Any) -> Iterator[Token]:
            for lexeme in data:
                yield Token(lexeme.terminal, lexeme)

    text = files("kinema.shot.prompt").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=Ready, start="prompt")


def parse(lexemes: Sequence[Lexeme]) -> list[Node]:
    """The phrases in order. Linear in the number of lexemes."""
    return [_node(tree) for tree in _parser().parse(lexemes).children]


def _node(tree: Any) -> Node:
    from lark import Tree

    run = next((t for t in tree.children if isinstance(t, Tree) and t.data == "run"), None)
    inner = next((t for t in tree.children if isinstance(t, Tree) and t.data != "run"), None)
    heads = [t.value for t in tree.children if not isinstance(t, Tree) and t.type != "OF"]
    return Node(
        kind=tree.data,
        head=heads[0] if heads else None,
        run=tuple(token.value for token in run.children) if run else (),
        inner=_node(inner) if inner else None,
        lexemes=tuple(token.value for token in tree.scan_values(lambda _: True)),
    )
