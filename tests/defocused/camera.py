"""What a camera does after the lens: mosaic, noise, demosaic, denoising, tone curve, sharpening, 8 bits, JPEG."""

from dataclasses import dataclass

import numpy as np

from libhdrnet.radiometry import FloatImage, encode_srgb


@dataclass(frozen=True)
class Camera:
    """One camera and how it is set."""

    noise: float
    """Standard deviation of the noise where the sensor is half way to saturation, relative to it."""
    gains: tuple[float, float]
    """White balance: gain of red and of blue over green's."""
    mosaic: bool
    """One colour a pixel (Bayer), interpolated afterwards; False: all three, as after a resampling."""
    denoising: float
    """Standard deviation in pixels of the smoothing of colour noise; 0 for none."""
    contrast: float
    """Strength of the S-shaped tone curve, 0 for none."""
    sharpening: tuple[float, float]
    """Amount and standard deviation in pixels of the unsharp mask."""
    quality: int | None
    """Of the JPEG; None: 8 bits without loss."""

    @staticmethod
    def random(rng: np.random.Generator) -> "Camera":
        """Draw a camera."""
        return Camera(
            noise=float(np.exp(rng.uniform(np.log(5e-4), np.log(8e-3)))),
            gains=(rng.uniform(1.3, 2.4), rng.uniform(1.2, 2.2)),
            mosaic=rng.random() < 0.7,
            denoising=rng.uniform(0.5, 1.5) if rng.random() < 0.5 else 0.0,
            contrast=rng.uniform(0, 0.6) if rng.random() < 0.7 else 0.0,
            sharpening=(rng.uniform(0, 0.8) if rng.random() < 0.6 else 0.0, rng.uniform(0.6, 1.2)),
            quality=int(rng.integers(80, 99)) if rng.random() < 0.7 else None,
        )

    def photograph(self, linear: FloatImage, rng: np.random.Generator) -> FloatImage:
        """Return what the camera saves of `linear` (H, W, 3) in [0, 1], even edges: encoded, in [0, 1]."""
        import cv2

        sensor = linear * self._white
        sensor += np.float32(self.noise) * np.sqrt(2 * sensor + 0.02) * rng.standard_normal(sensor.shape, np.float32)
        code = self._developed(sensor)
        if self.denoising:
            luma = cv2.cvtColor(code, cv2.COLOR_RGB2YCrCb)
            luma[..., 1:] = cv2.GaussianBlur(luma[..., 1:], (0, 0), self.denoising)
            code = cv2.cvtColor(luma, cv2.COLOR_YCrCb2RGB)
        byte = np.round(self._rendered(code) * 255).astype(np.uint8)
        if self.quality is not None:
            file = cv2.imencode(".jpg", byte[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            byte = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
        return np.asarray(byte / np.float32(255), np.float32)

    def ideal(self, linear: FloatImage) -> FloatImage:
        """Return the same with neither noise nor loss: mosaic, tone curve and sharpening are the camera's look.

        A network that had to undo them would sharpen what is in focus.
        """
        return self._rendered(self._developed(linear * self._white))

    @property
    def _white(self) -> FloatImage:
        return np.array([1 / self.gains[0], 1, 1 / self.gains[1]], np.float32)

    def _developed(self, sensor: FloatImage) -> FloatImage:
        sensor = np.clip(sensor, 0, 1)
        return encode_srgb(np.clip((_demosaiced(sensor) if self.mosaic else sensor) / self._white, 0, 1))

    def _rendered(self, code: FloatImage) -> FloatImage:
        import cv2

        code = code + np.float32(self.contrast) * (code * code * (3 - 2 * code) - code)
        amount, sigma = self.sharpening
        if amount:
            code = code + np.float32(amount) * (code - cv2.GaussianBlur(code, (0, 0), sigma))
        return np.asarray(np.clip(code, 0, 1), np.float32)


def _demosaiced(sensor: FloatImage) -> FloatImage:
    """Keep one colour a pixel (red top left, blue diagonally below) and interpolate the others."""
    import cv2

    raw = sensor[..., 1].copy()
    raw[::2, ::2] = sensor[::2, ::2, 0]
    raw[1::2, 1::2] = sensor[1::2, 1::2, 2]
    full = cv2.demosaicing(np.round(raw * 65535).astype(np.uint16), cv2.COLOR_BayerRGGB2RGB_EA)
    return np.asarray(full, np.float32) / np.float32(65535)
