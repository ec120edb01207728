"""Training: synthesis of brackets and defocus, the thesis's losses, a resumable loop.

`hdrnet train` runs it. Data flows one way: scenes -> synthesis -> supply -> loop -> checkpoint -> weights. Brackets are
made on the device that trains (bank -> movement -> development -> captured -> selection, reconstruction -> queued),
defocus by processes of the CPU (sharpness, matte -> defocus, camera -> dataset).
"""
