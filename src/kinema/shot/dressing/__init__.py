"""A finished shot in another look: words that change what it shows, and nothing of what happens in it."""

from kinema.shot.dressing.dress import Dressed, dress

__all__ = ["Dressed", "dress"]
