"""A rendered bracket to try the library on: a dim room with a bright window and people and things that move.

`scene` builds the room, `shapes`, `textures` and `light` render it, `camera` takes the pictures. `moments` paints what
else moves in photographs, for measuring.
"""

from libhdrnet.demo.camera import Bracket, render_bracket, write_bracket

__all__ = ["Bracket", "render_bracket", "write_bracket"]
