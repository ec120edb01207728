"""The defocus network as a whole (thesis, Figure 4.1), whatever its three parts are."""

from torch import Tensor, nn

from libhdrnet.networks.blocks import initialise


class GuidedDeblurring(nn.Module):
    """Estimation, condition and deblurring net together.

    `estimation` maps a picture to radii; `condition` maps radii, as shares of `max_radius`, to what guides; and
    `deblurring` maps the picture and that to the deblurred picture.
    """

    def __init__(self, max_radius: float, estimation: nn.Module, condition: nn.Module, deblurring: nn.Module) -> None:
        super().__init__()
        self.max_radius = max_radius
        self.estimation = estimation
        self.condition = condition
        self.deblurring = deblurring
        initialise(self)

    def estimate(self, image: Tensor) -> Tensor:
        """Return the defocus map (B, 1, H, W), radius in pixels."""
        radius: Tensor = self.estimation(image)
        return radius

    def restore(self, image: Tensor, radius: Tensor) -> Tensor:
        """Return the picture (B, 3, H, W) deblurred, guided by `radius` (B, 1, H, W) in pixels; not clipped."""
        restored: Tensor = self.deblurring(image, self.condition(radius.clamp(0, self.max_radius) / self.max_radius))
        return restored

    def deblur(self, image: Tensor, radius: Tensor) -> Tensor:
        """Do that; in training not clipped."""
        restored = self.restore(image, radius)
        return restored if self.training else restored.clamp(0, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the deblurred picture (B, 3, H, W) and the defocus map (B, 1, H, W)."""
        radius = self.estimate(image)
        return self.deblur(image, radius), radius
