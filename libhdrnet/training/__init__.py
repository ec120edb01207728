"""Training: synthesis of brackets and defocus, the thesis's losses, a resumable loop.

`hdrnet train` runs it. Data flows one way: scenes -> bank -> samples -> supply -> loop -> checkpoint -> weights.
Samples are made on the device that trains: brackets (movement, camera -> captured -> selection, reconstruction) and
defocus (sharpness, silhouettes, lens, camera -> defocus); supply gives them by way of queued.
"""
