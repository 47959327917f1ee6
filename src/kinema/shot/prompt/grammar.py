"""Lexemes to phrases, by the grammar in `grammar.lark`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

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

        def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Token]:
            del parser_state
            for lexeme in lexer_state:
                yield Token(lexeme.terminal, lexeme)

    text = files("kinema.shot.prompt").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=Ready, start="prompt")


def parse(lexemes: Sequence[Lexeme]) -> list[Node]:
    """The phrases in order. Linear in the number of lexemes."""
    return [_node(tree) for tree in _parser().parse(lexemes).children]


def _node(tree: Any) -> Node:
    from lark import Tree

    branches = {part.data: part for part in tree.children if isinstance(part, Tree)}
    leaves: list[Any] = [part for part in tree.children if not isinstance(part, Tree)]
    run = branches.pop("run", None)
    inner = next(iter(branches.values()), None)
    heads = [leaf.value for leaf in leaves if leaf.type != "OF"]
    return Node(
        kind=tree.data,
        head=heads[0] if heads else None,
        run=tuple(leaf.value for leaf in cast("list[Any]", run.children)) if run else (),
        inner=_node(inner) if inner else None,
        lexemes=tuple(leaf.value for leaf in tree.scan_values(lambda _: True)),
    )
