"""Defocused pictures with their truth that stay the same: a fixed set, made by other code than training's samples.

`sample.make_defocus` makes one: cuts -> layers -> aperture -> camera.
"""
