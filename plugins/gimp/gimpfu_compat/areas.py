"""Areas (x, y, width, height) of drawables, and their strips of rows: no picture is ever in memory whole."""

ROWS = 256


def strips(area):
    """Cut an area into areas of at most ROWS rows, from the top."""
    x, y, width, height = area
    for top in range(0, height, ROWS):
        yield x, y + top, width, min(ROWS, height - top)


def grown(area, border, width, height, grid=1):
    """Return the area with a border around it, as far as a drawable of that size has one; it begins on the grid."""
    x, y, across, down = area
    left, top = (max(0, start - border) // grid * grid for start in (x, y))
    return left, top, min(width, x + across + border) - left, min(height, y + down + border) - top


def common(areas):
    """Return what all areas share, None if that is nothing."""
    left, top = (max(area[axis] for area in areas) for axis in (0, 1))
    right, bottom = (min(area[axis] + area[axis + 2] for area in areas) for axis in (0, 1))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def smaller(area, pixels):
    """Return an area (x, y, width, height) reduced to about so many pixels, and the factor."""
    factor = min(1.0, (pixels / (area[2] * area[3])) ** 0.5)
    left, top, width, height = (int(edge * factor) for edge in area)
    return (left, top, max(width, 1), max(height, 1)), factor
