"""Rendered brackets, of which the truth is known: a dim room with a bright window and people and things that move.

`scene` builds the room, `shapes`, `textures` and `light` render it, `camera` takes the pictures. `moments` paints what
else moves in photographs.
"""

from libhdrnet.research.rendering.camera import Bracket, render_bracket, write_bracket

__all__ = ["Bracket", "render_bracket", "write_bracket"]
