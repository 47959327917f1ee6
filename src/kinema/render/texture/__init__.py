"""Procedural seamless textures, in metres: `texture("concrete")`."""

from kinema.render.texture.bake import Texture, texture

__all__ = ["Texture", "texture"]
