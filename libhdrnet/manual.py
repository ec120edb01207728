"""What `hdrnet COMMAND --help` tells below the options: examples first, then what is good to know.

Paragraphs are separated by blank lines; one with indented lines is printed as it stands.
"""

from libhdrnet.formats import READABLE

GENERAL = """\
`hdrnet COMMAND --help` tells the options of a command, with examples.

An existing output is replaced only with --overwrite, an input never; outputs appear under their name only when they
are whole. With --json each line is one JSON object. HDRNET_DEBUG=1 shows where an unexpected error came from.

Exit codes: 0 done, 2 bad input or usage, 3 out of memory, 4 cancelled, 1 anything else.
"""

_SERVE = """\
examples:
  hdrnet merge a.jpg b.jpg c.jpg -o out.exr --resident     # also defocus and deblur; starts the server if need be
  hdrnet status [--json]                                   # device, models, memory, jobs, uptime
  hdrnet stop [--finish]                                   # --finish: when its jobs are done
  hdrnet serve [--idle MINUTES] [--tcp]                    # start it by hand, in the foreground

Models take seconds to load; a process that stays answers at once. --resident has it do the work, with the same files
and the same words. It ends after ten idle minutes and logs to the user's log folder (hdrnet status names the file). An
older server ends its job while the new one answers.

It is this user's alone: a Unix socket in the runtime folder (0700; HDRNET_RUNTIME names another), the user checked on
both ends. With --tcp it also answers on loopback TCP, for hosts in a sandbox that see only the home folder; a token
file there proves each end to the other and is never sent.
"""

_INSTALL = """\
examples:
  hdrnet install gimp --dry-run
  hdrnet install darktable --into DIR
  hdrnet uninstall gimp
  hdrnet uninstall libhdrnet               # all that the installer wrote, and nothing else

Files of a plug-in that you changed are kept in ~/.local/share/libhdrnet/kept, and darktable's luarc keeps all its other
lines. A GIMP that was never started is started once without its window, so that it makes its own folder of settings
(and takes over those of an older GIMP); that folder stays after the uninstallation.
"""

EPILOGS = {
    "merge": f"""\
examples:
  hdrnet merge A.dng B.dng C.dng -o out.exr --preview out.jpg
  hdrnet merge A.tif B.tif C.tif -o out.exr --ev -2,0,2 --reference 2 --mask moved.png
  hdrnet merge A.jpg B.jpg C.jpg -o out.jpg --tone fusion --local 0.7 --exposure 0.5
  hdrnet merge A.jpg B.jpg C.jpg -o out.uhdr.jpg
  hdrnet merge A.dng B.dng C.dng -o out.exr --resident     # the models stay in memory for the next one

Frames: {READABLE}; HEIF only with pip install "libhdrnet[heic]".
Exposure times come from EXIF, or from --times or --ev. An exposure is corrected only if the pixels
refute it clearly; where they contradict it by more than a third of a stop a warning says by how much. Exposures that
are all wrong by the same factor of stops (-5, 0, +5 said of -2, 0, +2) are explained by another response, without a
warning: the picture is consistent, its contrast is not that of the scene.

Response: cameras' JPEGs rarely follow sRGB. How they bend is calibrated from the bracket, with --response estimate more
freely; srgb, gamma2.2 and linear are taken at their word. A response takes the place of a picture's tone curve, not of
its profile's primaries; files that are linear (RAW, OpenEXR, Radiance, a linear profile) stay so.

Formats for radiance, in which 1.0 is the white of the reference: .exr and float .tif in 32 bits (--exr-bits 16: half,
steps of 0.05 to 0.1 %, at most 65504, half as large; --exr-compression dwaa: half with a loss of 0.01 stops in the
mean, 0.1 in the shadows, two fifths to a sixth as large as that); .hdr in steps of 1 %. .avif and .jxl hold it as HDR
displays show it (PQ, BT.2020, white at 203 cd/m², up to 10000); --hdr-bits: AVIF 12 or 10, JPEG XL, which is lossless,
12, 10 or 16. --scale common gives all brackets of a batch one exposure (panoramas, image-based lighting); --scale
absolute gives cd/m² by L = K N² / (t S) with K = 12.5 or what was measured (--meter-constant), as true as the camera's
numbers; both are for .exr, .hdr and .tif.

.jpg, .png and a 16-bit .tif preview are tone-mapped. --tone natural (the default) leaves what a display can show as it
is, eases a wider range by areas, without halos, and rolls highlights off in their hue; --tone fusion shows each place
as one of several exposures does best, crisper, as for interiors. --local says how far bright and dark areas are brought
together, --exposure in stops how much brighter than what is chosen, --saturation how colourful.

With --gain-map, or a name that ends in .uhdr.jpg, a JPEG also holds a gain map (Ultra HDR, ISO 21496-1): old programs
show the tone-mapped picture, HDR displays the radiance with the same mid-tones. --base FILE takes a picture of your own
instead of the tone-mapped one. --read-gain-map reads frames as HDR displays show them.

A DNG (.dng) has all colours at each pixel and develops like a RAW file in darktable and RawTherapee. Of RAW frames of
one camera it holds what the sensor saw: its matrices, its name, white balance to be chosen afterwards. It opens as
bright as the reference; lights above white come back with less exposure, in RawTherapee with "clip out-of-gamut colors"
off, in darktable in their own colour with "highlight reconstruction" off. Its 16-bit integers reach 5 stops above
white, where lights end with a warning; --exr-bits 16 makes it half floats that keep all, which darktable opens and
RawTherapee (5.9, 5.11) does not. Readers that clip at white, as DNG's text has it (LibRaw does), lose the lights: give
them .tif or .exr.

Metadata: EXIF, XMP (also of a sidecar), IPTC and comment of the reference go along, and a record tells how the picture
was made. OpenEXR holds all that in its own attributes and XMP, Radiance files in comments of the header. Not carried:
makers' notes but for the lens, and thumbnails; with a warning each: gain maps, depth maps, videos of motion photos,
further pages and layers.

The mask (--mask) is white where the picture is measured, grey where the network made it from what frames show, and
black where it is a guess: burnt out in all that is believed, or shown by no frame. Of psfnet and msffnet, which compute
every pixel, it is grey. --deghost 0.8 is stricter about what may stay. Motion is judged at half the picture's size, of
large ones at that of four megapixels.

--threads bounds the threads of torch, OpenCV and the library. Where the processor multiplies bf16 the networks run in
it by themselves.
""",
    "review": """\
examples:
  hdrnet review A.jpg B.jpg C.jpg
  hdrnet merge A.jpg B.jpg C.jpg -o again.exr --choices A-hdr-choices.png

A page of its own opens in the browser, with a preview of the merge; nothing leaves the machine. Choose a frame, the
network or the eraser in the list or by 1 to 9, N, E, and paint: that place is taken from there. [ and ] size the brush,
Ctrl+Z undoes, M shows what moved or was guessed, a click makes another frame the reference, Keys tells the rest; arrows
and Enter paint without a mouse.

Merge writes the result at full size (nothing is replaced) and, beside it, what was painted as a grey PNG, which
hdrnet merge --choices FILE.png and merge_exposures(choices="FILE.png") take, too: 0 decides nothing, k takes the place
from frame k, 255 leaves it to the network; any size of the picture's aspect ratio will do.

The command ends when the page is closed. Without a display, or with --no-browser, it only says the address.
""",
    "batch": """\
examples:
  hdrnet batch FOLDER --preview             # what is done is skipped
  hdrnet batch FOLDER --list > brackets.txt # says what would be merged; correct it, and then:
  hdrnet batch FOLDER --brackets brackets.txt
  hdrnet batch FOLDER --scale common --format .hdr

One bracket that fails does not stop the others; they are summed up at the end. hdrnet merge --help tells of the formats
and of how a bracket is merged.
""",
    "defocus": """\
examples:
  hdrnet defocus IN.jpg -o map.tif          # radius in pixels, float32
  hdrnet defocus IN.jpg -o map.png --colour # to look at, with a scale below

The map is the radius of the circle of confusion at each pixel, in pixels. It is a good guess, not a measurement
(tests/benchmarks/README.md has figures). In even places, where blur leaves no trace, it is taken from the
neighbourhood; soft clouds and dark, even places can pass for out of focus. It ends at a radius of 20 pixels in a
picture whose short edge is below 192 pixels, and twice as far for each time that edge is twice as long.
""",
    "deblur": """\
examples:
  hdrnet deblur IN.jpg -o OUT.jpg --strength 0.8 --mask RECOVERED.png
  hdrnet deblur IN.tif -o OUT.tif --map map.tif

The result has the bit depth, the colour profile and the metadata of the picture. Deblurring brings back what a small
blur hides; what a disc of ten pixels has wiped out stays lost: there only outlines become clearer, some with a thin
dark rim. hdrnet defocus --help tells of the map.
""",
    "demo": """\
Three frames of a room in which a person walks, DEMO_01.jpg to DEMO_03.jpg, merged into merged.exr and merged.jpg.
""",
    "pack": """\
examples:
  hdrnet pack --data FOLDER -o scenes.pack

With the file a machine needs torch, numpy, opencv-python-headless and safetensors alone to train: hdrnet train --help.
""",
    "train": """\
examples:
  hdrnet train psfnet --data FOLDER --recipe thesis            # the thesis's form, trained as the thesis says
  hdrnet train psfnet-fast --data FOLDER --minutes 60 --resume # ours
  hdrnet train selection --data FOLDER --minutes 60
  hdrnet train psfnet --ablation no-dab --data FOLDER -o runs/no-dab
  hdrnet train all --pack scenes.pack --minutes 25 --device cuda --batch 32 --patch 192 --rate 2e-3 --workers 14 -o runs

FOLDER/hdr holds panoramas (radiance), FOLDER/sharp photographs; samples are made of them, with their truth, while
training goes on. --recipe ours (the default) is an hour's training with averaged weights; --recipe thesis has the
thesis's patches, batch, rate, epochs and losses; what is given on the command line counts before either. "all" trains
selection, psfnet-fast, msffnet-fast and defocus-fast one after the other in shares of the time. --ablation takes the
rows of the thesis's Tables 2.2 to 2.4, 3.3, 3.4 and 4.3.

-o gets a checkpoint every two minutes, a log (CSV), and the weights with their card. A folder that HDRNET_WEIGHTS names
has weights that the library runs in place of its own. With --workers 0 a run can be repeated to the bit.
`python -m pydoc libhdrnet.research.training` tells the rest.
""",
    "eval": """\
examples:
  hdrnet eval synthetic --report out.html                # scenes with an exact truth; nothing to download
  hdrnet eval kalantari --root DIR --methods ours,debevec,mertens,reference --report out.html
  hdrnet eval kalantari --root DIR --as both             # its linear frames, and the same as a camera's
  hdrnet eval moving --root DIR --report out.html        # real brackets, without a truth
  hdrnet eval kalantari --root DIR --resume --workers 4  # goes on where it was stopped, in four processes
  hdrnet eval kalantari --root DIR --methods psfnet,psfnet@runs/no-dab

A folder that is incomplete says what is missing. -o gets results.json and results.csv; the report is one page that
needs no network. --metrics jod,lpips want the packages cvvdp or lpips (both want torchvision). --workers and
--scheduler tcp://host:8786 want pip install "libhdrnet[cluster]" (Dask); workers see the same files, and one that dies
has its scenes done by another. `python -m pydoc libhdrnet.research.evaluation` tells the sets, the metrics and what
they mean.
""",
    "serve": _SERVE,
    "status": _SERVE,
    "stop": _SERVE,
    "install": _INSTALL,
    "uninstall": _INSTALL,
    "doctor": """\
examples:
  hdrnet doctor
  hdrnet doctor --report FILE              # the page for a bug report
""",
}
"""By command."""
