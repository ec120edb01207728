"""Runs inside GIMP 3 (python-fu-eval): what the scenarios of test_gimp3.py speak with."""

import json
import os
import traceback

from gi.repository import Gegl, Gimp, Gio

FOLDER = os.environ["HDRNET_SCENARIO"]
P = Gimp.Precision
told = {}


def new_image(width, height, precision=P.FLOAT_LINEAR, kind=Gimp.ImageBaseType.RGB):
    return Gimp.Image.new_with_precision(width, height, kind, precision)


def add_layer(image, name, pixels, *, alpha=False, offsets=(0, 0), form=None):
    """A layer on top, from the raw float32 file NAME.raw of a picture whose size `pixels` tells."""
    width, height = pixels
    kind = Gimp.ImageType.RGBA_IMAGE if alpha else Gimp.ImageType.RGB_IMAGE
    layer = Gimp.Layer.new(image, name, width, height, kind, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    layer.set_offsets(*offsets)
    with open(f"{FOLDER}/{name}.raw", "rb") as file:
        buffer = layer.get_buffer()
        form = form or ("RGBA float" if alpha else "RGB float")
        buffer.set(Gegl.Rectangle.new(0, 0, width, height), form, file.read())
        buffer.flush()
    return layer


def dump(layer, name, form="RGB float"):
    buffer = layer.get_buffer()
    data = buffer.get(Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height()), 1, form, Gegl.AbyssPolicy.NONE)
    with open(f"{FOLDER}/{name}.out", "wb") as file:
        file.write(data)


def call(name, **values):
    """Run a procedure of the PDB; gives its first result, or tells the error under `name`-error and gives None."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    for key, value in values.items():
        key = key.replace("_", "-")
        if key == "drawables":
            config.set_core_object_array(key, value)
        else:
            config.set_property(key, value)
    done = procedure.run(config)
    if done.index(0) != Gimp.PDBStatusType.SUCCESS:
        told.setdefault("errors", []).append(Gimp.get_pdb().get_last_error())
        return None
    return done.index(1)


def load(path):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))


try:
    with open(f"{FOLDER}/scenario.py") as file:
        exec(compile(file.read(), "scenario.py", "exec"))
    told["ended"] = True
except BaseException:
    told["traceback"] = traceback.format_exc()
with open(f"{FOLDER}/told.json", "w") as file:
    json.dump(told, file)
