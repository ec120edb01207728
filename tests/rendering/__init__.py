"""Rendered brackets, of which the truth is known: a dim room with a bright window and people and things that move.

`scene` builds the room, `shapes`, `textures` and `light` render it, `camera` takes the pictures. The library ships some
of them; `PYTHONPATH=tests python -m rendering` makes those anew.
"""

from rendering.camera import Bracket, render_bracket, render_moments, write_bracket

__all__ = ["Bracket", "render_bracket", "render_moments", "write_bracket"]
