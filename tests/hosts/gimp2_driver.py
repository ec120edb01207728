#!/usr/bin/env python3
"""A plug-in of GIMP 2.10 (by gimpfu_compat): what the scenarios of test_gimp2.py speak with."""

import ctypes
import json
import os
import sys
import traceback
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "hdrnet"))

from gimpfu_compat import host, main, register  # noqa: E402

FOLDER = os.environ["HDRNET_SCENARIO"]
told = {"errors": []}


def new_image(width, height, precision=600, kind=0):
    from gimpfu_compat.libgimp2 import gimp

    return host().Image(gimp.gimp_image_new_with_precision(width, height, kind, precision))


def add_layer(image, name, size, *, alpha=False, offsets=(0, 0), form=None):
    """A layer on top, from the raw float32 file NAME.raw."""
    from gimpfu_compat.libgimp2 import gimp

    layer = host().Layer(gimp.gimp_layer_new(image.native, name.encode(), *size, int(alpha), 100.0, 28))
    gimp.gimp_image_insert_layer(image.native, layer.native, 0, 0)
    gimp.gimp_layer_set_offsets(layer.native, *offsets)
    pixels = Path(FOLDER, f"{name}.raw").read_bytes()
    row = 256 * size[0] * (16 if alpha else 12)
    strips = (pixels[start : start + row] for start in range(0, len(pixels), row))
    layer.fill(form or ("RGBA float" if alpha else "RGB float"), strips)
    return layer


def dump(layer, name, form="RGB float"):
    Path(FOLDER, f"{name}.out").write_bytes(b"".join(layer.read(form, (0, 0, *layer.size))))


def call(name, image, drawable, *values):
    """Run a procedure of the PDB; gives the number of its first result, or notes the error and gives None."""
    from gimpfu_compat import libgimp2 as c

    params = [_param(c.INT32, integer=1)]
    params.append(_param(c.IMAGE, integer=image.native if image else -1))
    params.append(_param(c.DRAWABLE, integer=drawable.native if drawable else -1))
    for value in values:
        if isinstance(value, list):
            texts = (ctypes.c_char_p * len(value))(*[text.encode() for text in value])
            params += [_param(c.INT32, integer=len(value)), _param(c.STRINGARRAY, texts=texts)]
        elif isinstance(value, float):
            params.append(_param(c.FLOAT, number=value))
        elif isinstance(value, str):
            params.append(_param(c.STRING, text=value.encode()))
        elif value is None or isinstance(value, host().Layer):
            params.append(_param(c.LAYER, integer=value.native if value else -1))
        else:
            params.append(_param(c.INT32, integer=int(value)))
    run = c.gimp.gimp_run_procedure2
    run.restype = ctypes.POINTER(c.Param)
    c.gimp.gimp_get_pdb_error.restype = ctypes.c_char_p
    count = ctypes.c_int()
    done = run(name.encode(), ctypes.byref(count), len(params), (c.Param * len(params))(*params))
    if done[0].data.integer != c.SUCCESS:
        told["errors"].append(c.gimp.gimp_get_pdb_error().decode())
        return None
    return done[1].data.integer


def _param(kind, **value):
    from gimpfu_compat.libgimp2 import Param

    param = Param(kind)
    for name, given in value.items():
        setattr(param.data, name, given)
    return param


def scenario():
    try:
        exec(compile(Path(FOLDER, "scenario.py").read_text(), "scenario.py", "exec"), globals())
        told["ended"] = True
    except BaseException:
        told["traceback"] = traceback.format_exc()
    Path(FOLDER, "told.json").write_text(json.dumps(told))


register("hdrnet-test-scenario", "a", "a", "a", "a", "a", "a", "", [], [], scenario)
main()
