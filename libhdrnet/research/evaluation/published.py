"""Figures that the thesis publishes, as it prints them, with the names of the metrics here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTable:
    """A table of the thesis."""

    caption: str
    measured_on: str
    """Name of the set in `research.sets.SETS`."""
    columns: tuple[str, ...]
    """Metrics; "hdr_vdp_2" is MATLAB only and measured by nobody here."""
    rows: tuple[tuple[str, tuple[float, ...]], ...]


_FOUR = ("psnr_mu", "psnr_l", "ssim_mu", "ssim_l")
_FIVE = (*_FOUR, "hdr_vdp_2")

TABLES = {
    "2.1": PublishedTable("methods for three exposures", "kalantari", _FIVE, (
        ("TMO", (8.3120, 8.8459, 0.5029, 0.0924, 44.3345)),
        ("HDRCNN", (13.7054, 13.8956, 0.5924, 0.3456, 47.5690)),
        ("Sen", (40.9689, 38.3425, 0.9859, 0.9764, 60.3463)),
        ("Kalantari", (42.7177, 41.2200, 0.9889, 0.982, 61.3139)),
        ("Wu", (41.9977, 41.6593, 0.9878, 0.9860, 61.7981)),
        ("AHDR", (43.7013, 41.1782, 0.9905, 0.9857, 62.0521)),
        ("PAN", (43.8487, 41.6452, 0.9906, 0.9870, 62.5495)),
        ("PSFNet", (44.0613, 41.5736, 0.9907, 0.9867, 63.1550)),
    )),
    "2.2": PublishedTable("fusion in PSFNet", "kalantari", _FOUR, (
        ("Summation", (43.9789, 41.4092, 0.9904, 0.9866)),
        ("Concatenation", (43.9560, 41.4579, 0.9907, 0.9867)),
        ("SFFB", (44.0613, 41.5736, 0.9907, 0.9867)),
    )),
    "2.3": PublishedTable("parts of PSFNet", "kalantari", _FOUR, (
        ("w/o PSFBs", (43.3586, 40.9648, 0.9902, 0.9864)),
        ("w/o DAB", (43.7917, 41.0672, 0.9903, 0.9856)),
        ("w/o LSC", (43.9923, 41.4289, 0.9906, 0.9864)),
        ("w/o GSC", (44.0125, 41.3756, 0.9907, 0.9866)),
        ("PSFNet", (44.0613, 41.5736, 0.9907, 0.9867)),
    )),
    "2.4": PublishedTable("number of PSFBs", "kalantari", _FOUR, (
        ("4", (43.9610, 41.1000, 0.9907, 0.9865)),
        ("5", (43.9895, 41.3123, 0.9907, 0.9865)),
        ("6", (44.0613, 41.5736, 0.9907, 0.9867)),
        ("7", (44.0504, 41.5091, 0.9906, 0.9867)),
        ("8", (43.9737, 41.3107, 0.9906, 0.9860)),
    )),
    "3.1": PublishedTable("methods for two and three exposures", "kalantari", _FIVE, (
        ("TMO", (8.3120, 8.8459, 0.5029, 0.0924, 44.3345)),
        ("HDRCNN", (13.7054, 13.8956, 0.5924, 0.3456, 47.5690)),
        ("Sen", (40.9689, 38.3425, 0.9859, 0.9764, 60.3463)),
        ("Kalantari", (42.7177, 41.2200, 0.9889, 0.9829, 61.3139)),
        ("Wu", (41.9977, 41.6593, 0.9878, 0.9860, 61.7981)),
        ("AHDR", (43.7013, 41.1782, 0.9905, 0.9857, 62.0521)),
        ("PANet", (43.8487, 41.6452, 0.9906, 0.9870, 62.5495)),
        ("PSFNet", (44.0613, 41.5736, 0.9907, 0.9867, 63.1550)),
        ("MSFFNet", (44.3298, 41.8936, 0.9911, 0.9878, 63.1190)),
    )),
    "3.2": PublishedTable("masked regions: 1 occluded, 2 occluded or moving", "kalantari",
                   ("psnr_mu_mask1", "psnr_l_mask1", "psnr_mu_mask2", "psnr_l_mask2"), (
        ("TMO", (13.9311, 8.6773, 10.8671, 8.9529)),
        ("HDRCNN", (17.0306, 9.5235, 15.2617, 12.072)),
        ("Sen", (23.6155, 11.0598, 29.1973, 17.0423)),
        ("Kalantari", (26.9829, 13.4805, 32.1771, 19.656)),
        ("Wu", (33.9415, 20.4405, 38.1358, 25.3188)),
        ("AHDR", (32.3999, 17.9917, 37.3266, 23.8053)),
        ("PSFNet", (32.7707, 18.2808, 37.3645, 23.9271)),
        ("MSFFNet", (33.0874, 18.754, 38.2312, 24.7554)),
    )),
    "3.3": PublishedTable("weight of the loss of the flow", "kalantari", _FOUR, (
        ("lambda = 0", (44.1229, 41.8947, 0.9911, 0.9875)),
        ("lambda = 1", (44.0978, 41.7622, 0.9910, 0.9868)),
        ("lambda = 2", (44.3298, 41.8936, 0.9911, 0.9878)),
        ("lambda = 3", (44.1238, 41.7043, 0.9911, 0.9871)),
    )),
    "3.4": PublishedTable("parts of MSFFNet", "kalantari", _FOUR, (
        ("w/o CA", (44.0377, 41.8150, 0.9909, 0.9875)),
        ("w/o MS", (44.1236, 41.8216, 0.9908, 0.9869)),
        ("w/o FF", (43.9466, 41.3520, 0.9909, 0.9867)),
        ("w/o MSFF", (43.6752, 41.4698, 0.9908, 0.9868)),
        ("MSFFNet", (44.3298, 41.8936, 0.9911, 0.9878)),
    )),
    "4.1": PublishedTable("defocus maps, relative to the largest radius", "realistic", ("map_mae", "map_mse"), (
        ("Karaali", (0.3102, 0.1245)),
        ("DMENet", (0.1191, 0.0242)),
        ("DID-ANet", (0.1331, 0.0312)),
        ("with DMENet's map", (0.1242, 0.0281)),
        ("the defocus network", (0.1303, 0.0299)),
    )),
    "4.2": PublishedTable("defocus deblurring", "realistic", ("psnr", "ssim"), (
        ("DMENet", (24.0397, 0.7180)),
        ("DPDDNet", (24.7232, 0.7640)),
        ("IFAN", (24.9261, 0.8211)),
        ("MPRNet", (25.2738, 0.7869)),
        ("MIMO-UNet", (25.3430, 0.7962)),
        ("NAFT", (24.3461, 0.7484)),
        ("DID-ANet", (25.9491, 0.8204)),
        ("the defocus network", (26.5535, 0.8465)),
    )),
    "4.3": PublishedTable("parts and stages of the defocus network", "realistic", ("psnr", "ssim"), (
        ("baseline, stage 1", (25.6443, 0.8077)),
        ("+SFT, stage 1", (26.1286, 0.8294)),
        ("+SFT-Dec, stage 1", (26.0837, 0.8289)),
        ("+SFT-FDec, stage 1", (25.9939, 0.8253)),
        ("baseline, stage 2", (25.7936, 0.8118)),
        ("+SFT, stage 2", (26.2533, 0.8307)),
        ("+SFT-Dec, stage 2", (26.4275, 0.8310)),
        ("+SFT-FDec, stage 2", (26.1735, 0.8307)),
        ("baseline, stage 3", (25.9638, 0.8191)),
        ("+SFT, stage 3", (26.3973, 0.8379)),
        ("+SFT-Dec, stage 3", (26.5535, 0.8465)),
        ("+SFT-FDec, stage 3", (26.4327, 0.8400)),
        ("+SFT-Dec, end to end", (26.1143, 0.8259)),
    )),
}  # fmt: skip
"""By number. Rows for networks that are not ours to train (SPyNet, PWC-Net, DMENet within ours) are left out of the
ablations."""

ALWAYS = {"bracket": ("2.1", "3.1"), "defocus": ("4.1", "4.2")}
"""Tables that belong beside any result of that kind of set; 3.2 joins where there are masks."""
