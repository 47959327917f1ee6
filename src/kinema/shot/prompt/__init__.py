"""Plain English to a Shot: embedded, deterministic, every word accounted for. See docs/prompts.md."""

from kinema.shot.prompt.compiled import Compiled, Phrase, Setting, Unknown
from kinema.shot.prompt.compiler import compile_prompt

__all__ = ["Compiled", "Phrase", "Setting", "Unknown", "compile_prompt"]
