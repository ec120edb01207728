"""Rows of pixels as bytes: the server's arrays are whole and have no alpha, layers take strips and may have one."""

from array import array

from gimpfu_compat.areas import strips

FLOAT = 4


def cut(pixels, shape, area):
    """Give the strips of an area (x, y, width, height) of an array of float32, (height, width[, channels])."""
    _height, across, *channels = shape
    pixel = FLOAT * (channels[0] if channels else 1)
    view = memoryview(pixels)
    for left, top, width, rows in strips(area):
        if width == across:
            yield view[top * across * pixel : (top + rows) * across * pixel]
        else:
            starts = ((row * across + left) * pixel for row in range(top, top + rows))
            yield b"".join(view[start : start + width * pixel] for start in starts)


def with_alpha(colours, originals):
    """Put the colours of strips "RGB float" into strips "RGBA float" whose alpha stays."""
    for colour, original in zip(colours, originals):
        rgb, rgba = array("f", bytes(colour)), array("f", bytes(original))
        for channel in range(3):
            rgba[channel::4] = rgb[channel::3]
        yield rgba.tobytes()
