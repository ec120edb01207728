"""How the frames of a bracket relate: one photometric calibration, fitted once after alignment, used by all after it.

`calibrate` fits it. relations: what pairs of frames tell · model: what explains them all · exposures: what is claimed,
missing or impossible · noise · sharpness: which frames are blurred.
"""

from libhdrnet.photometry.calibration import Calibration, calibrate
from libhdrnet.photometry.exposures import measured_exposures
from libhdrnet.photometry.noise import Noise, fit_noise, merged_noise
from libhdrnet.photometry.relations import sample_frame

__all__ = ["Calibration", "Noise", "calibrate", "fit_noise", "measured_exposures", "merged_noise", "sample_frame"]
