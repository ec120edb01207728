"""How good is it: metrics, readers of the published sets, runs over them, tables and a report to look at.

`hdrnet eval` runs it. Data flows one way: set -> scenes -> results of each scene and method -> tables, report.

**Sets** are named by `hdrnet eval --help`, each in the layout in which it is published (`sets`). `moving` is of one's
own (FOLDER/exposures.csv and the pictures it names), and so is `pairs` (blurred/ with sharp/ or map/). Built in, with
an exact truth: `synthetic` (a room, cut-outs, people, water, leaves, glass, smoke, a sunset) and `synthetic-defocus`.

**With a truth**: PSNR and SSIM after the mu-law and linear, PU21-PSNR and PU21-SSIM (radiance 1.0 shown with
4000 cd/m2), masked ones where a scene has mask1.png or mask2.png; MAE and MSE of defocus maps; JOD and LPIPS where the
packages cvvdp and lpips are installed. HDR-VDP-2 is MATLAB only. Mertens's fusion is no radiance: it is brought to the
reference's scale by one gain. `--as camera` gives the frames of a set with a truth the tones of a camera, one for each
scene: a response with toe and shoulder whose channels are a little apart, told exposures that are up to 0.3 EV off,
JPEG of quality 85 to 97. One monotone tone curve a channel is then fitted from the result to the truth before it is
scored.

**Without a truth** (`moving`): what the reference exposes well (all channels between 12 and 88 % of the code) has to
come back, a tone curve apart: PSNR of the residual; blocks of 8x8 pixels and edges in which it is seen, in percent; the
noise of flat places in dB against the reference's; lights, burnt out in the reference, that are not as in the next
shorter frame; shadows, black in it, that are not as in the next longer one; false edges, by saturated pixels, that no
frame has; and unseen ones, of all tones and of each channel, in the tone-mapped result.

**Results**: the tables set what is measured beside what the thesis publishes, each marked as such; all of it is in
results.json and results.csv. The report is one page that needs no network; without a truth it shows the residual and,
at 100 %, the worst places beside the reference and Debevec's mean. What we measured is in tests/benchmarks/README.md.
"""
