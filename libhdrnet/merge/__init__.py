"""The merge of a bracket, from frames to one picture of radiance; `pipeline` runs its stages in this order.

1. **Alignment** (`libhdrnet.alignment`): each frame is laid over the reference by one homography, or a simpler model.
   It is one global model a frame: parallax shows up as motion, or as edges that lie a pixel off.
2. **Calibration** (`libhdrnet.photometry`): one photometric model of the whole bracket, fitted to pairs of codes of the
   same places: each frame's exposure, black level and white balance, the camera's response with shoulder and toe, and
   the noise. Everything after it works in these tones. An exposure is corrected only if the pixels refute it clearly; a
   warning says so. JPEGs do not show the read noise, nor what their ISO speed adds, for cameras clean them: the usual
   values are taken.
3. **Candidates** (`find_candidates`): each frame as it lies, and, where it differs from the reference by more than
   noise (`_doubt`), as a dense flow brings it there.
4. **Selection** (`select`): a network of 99 thousand parameters sees each candidate beside the reference, at half the
   size (of large pictures at that of four megapixels), and says how far it may be believed: a ghost is what it does not
   believe. It gives weights, not pixels; where nothing differs it is not asked. Along the edges of what moved small
   notches may stay, and thin outlines of what a long exposure shows elsewhere.
   A longer frame is believed, too, where the reference's camera crushes its blacks (`blacks`).
   A shorter frame is then brought to the reference's tones around what both show (`tones`), so that a change of source
   is no change of colour.
5. **Fusion** (`believed`, `fuse`): the mean of what was captured, weighted by that belief, by the noise, by how far
   a frame is from saturation, and, of a longer one that is shaken or out of focus, by the detail that it lacks.
   A highlight that no frame holds gets the light and hue of those around it (`highlights`, which believes less around
   it).
6. **Reconstruction** (`reconstruct`): PSFNet (three frames and more) or MSFFNet (two) where no candidate that is
   believed shows the place, being saturated or too dark there. On real scenes what PSFNet corrects is no better than
   what the selection fuses (tests/benchmarks/README.md), so that only what no exposure shows is left to it.

The mask is 1 where the picture is measured, 0.5 where the network made it from what frames show, and 0 where it is a
guess: a region that is saturated in the reference and covered by a moving object in the shorter frame, or beyond its
border (thesis, section 2.4.5), or shown by no frame.

Numpy in, numpy out; each stage is a function of arrays.
"""
