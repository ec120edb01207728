"""Training: synthesis of brackets and defocus, the thesis's losses, a resumable loop.

`hdrnet train` runs it. Data flows one way: scenes -> bank -> samples -> queue -> loop -> checkpoint -> weights.

**Networks**, with millions of parameters:

- `psfnet` (1.24), `msffnet` (2.07 without H_of), `defocus` (5.15): chapters 2, 3 and 4 of the thesis, equation by
  equation; ablations vary them.
- `psfnet-fast` (1.26), `msffnet-fast` (2.09): the same modules in our form (`networks.form`), half the resolution,
  normalised features, a correction of what the selection fuses.
- `defocus-fast` (2.03): our network for chapter 4's task, at half and quarter resolution.
- `selection` (0.1): chooses among what was captured.

The library ships weights of the four of ours, and of `psfnet` for comparison (`hdrnet eval --methods psfnet@thesis`).

**Samples** are made on the device that trains while training goes on, with their truth. Brackets (movement, camera ->
captured -> merging): things that move, noise, response, JPEG, and what calibration and alignment
leave over; only the dense flow is found on the CPU, by `--workers` threads. Defocus (sharpness, silhouettes, lens,
camera -> defocus): three to eight layers of depth with ramps, cut along pictures' own edges, through lenses of many
kinds and a camera; `python tests/benchmarks/training_sheet.py PACK OUT.png` shows some. `tasks` says which samples and
which loss a network has, `queued` when they are made: a batch is seen up to eight times, turned and flipped, while the
next are made; without workers each is seen once and a run can be repeated to the bit. PSFNet and MSFFNet learn on what
the selection in HDRNET_WEIGHTS (or the built-in one) fuses.

**A run** leaves a checkpoint every two minutes in files of at most 16 MiB, a log (CSV), and the weights with their
card, which tells the loss of samples that were never learned from, at the start and at the end. `options` has the two
recipes. From a pack (`hdrnet pack`) a machine trains with torch, numpy, opencv-python-headless and safetensors alone:
`python -m libhdrnet.cli train …` in a copy of the sources.
"""
