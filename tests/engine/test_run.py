import numpy as np
import pytest
import torch

from libhdrnet.engine import Reporter, Settings, run
from libhdrnet.engine.run import run_tiled
from libhdrnet.errors import CancelledError, InputError, NotFiniteError, OutOfMemoryError
from libhdrnet.radiometry import mu_law
from libhdrnet.weights import Card

CPU = Settings(device="cpu", precision="fp32")


def psnr(a, b):
    return -10 * np.log10(np.mean((mu_law(a) - mu_law(b)).astype(np.float64) ** 2) + 1e-20)


@pytest.fixture
def exposures(scene):
    def make(height, width):
        linear = [np.clip(scene(height, width, 1.5) * t, 0, 1).transpose(2, 0, 1) for t in (0.25, 1, 4)]
        return np.stack([np.concatenate([x ** (1 / 2.2), x / t]) for x, t in zip(linear, (1, 4, 16), strict=True)])

    return make


def fetch_from(exposures):
    """The inputs of a network that merges: exposures, and what the shortest shows as the fused radiance."""

    def fetch(rows, columns):
        part = np.ascontiguousarray(exposures[..., rows, columns], np.float32)
        return part, part[0, 3:]

    return fetch


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("size", [(1, 1), (17, 23), (150, 211)])
def test_every_size_is_filled(exposures, size):
    out = np.full((*size, 3), np.nan, np.float32)
    report = run_tiled("psfnet", fetch_from(exposures(*size)), out, settings=Settings("cpu", "fp32", 64))
    assert np.isfinite(out).all()
    assert (report.device, report.precision, report.tile) == ("cpu", "float32", 64)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["psfnet", "msffnet"])
def test_a_tiled_result_matches_the_whole_image_to_50_db(name, exposures):
    run.loaded.cache_clear()
    images = exposures(311, 285)[: 3 if name == "psfnet" else 2]
    whole, tiled = np.empty((311, 285, 3), np.float32), np.empty((311, 285, 3), np.float32)
    run_tiled(name, fetch_from(images), whole, settings=Settings("cpu", "fp32", 512))
    run_tiled(name, fetch_from(images), tiled, settings=Settings("cpu", "fp32", 192))
    assert not np.array_equal(whole, tiled)
    assert psnr(whole, tiled) >= 50


@pytest.mark.usefixtures("random_weights")
def test_progress_rises_to_one_and_names_the_stage(exposures):
    seen = []
    run_tiled(
        "psfnet", fetch_from(exposures(200, 200)), np.empty((200, 200, 3), np.float32),
        settings=Settings("cpu", "fp32", 96), reporter=Reporter(lambda f, s: seen.append((f, s))), stage="testing",
    )  # fmt: skip
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1 and len(fractions) > 4
    assert {stage for _, stage in seen} == {"testing"}


@pytest.mark.usefixtures("random_weights")
def test_cancel_stops_before_the_next_tile(exposures):
    calls = []

    def cancel():
        calls.append(1)
        return len(calls) > 2

    with pytest.raises(CancelledError, match="testing"):
        run_tiled(
            "psfnet", fetch_from(exposures(200, 200)), np.empty((200, 200, 3), np.float32),
            settings=Settings("cpu", "fp32", 96), reporter=Reporter(None, cancel), stage="testing",
        )  # fmt: skip
    assert len(calls) == 3


@pytest.mark.parametrize("tile", [0, 63, 10**6])
def test_a_tile_out_of_range_is_refused(tile, exposures):
    with pytest.raises(InputError, match="64 to 65536"):
        run_tiled(
            "psfnet",
            fetch_from(exposures(8, 8)),
            np.empty((8, 8, 3), np.float32),
            settings=Settings(tile=tile),
        )


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_halves_the_tile_and_says_so(exposures, error):
    def forward(network):
        def call(*x):
            if x[0].shape[-1] > 100:
                raise error
            return network(*x)

        return call

    images = exposures(180, 180)
    out, expected = np.empty((180, 180, 3), np.float32), np.empty((180, 180, 3), np.float32)
    report = run_tiled("psfnet", fetch_from(images), out, forward=forward, settings=Settings("cpu", "fp32", 160))
    run_tiled("psfnet", fetch_from(images), expected, settings=Settings("cpu", "fp32", 80))
    assert report.tile == 80
    assert "160-pixel tiles" in report.notes[0] and "80-pixel tiles" in report.notes[0]
    assert np.array_equal(out, expected)


@pytest.mark.usefixtures("random_weights")
def test_when_no_tile_fits_the_error_says_what_to_do(exposures):
    def forward(network):
        def call(*_):
            raise MemoryError

        return call

    with pytest.raises(OutOfMemoryError, match="96-pixel tiles; close other programs"):
        run_tiled(
            "psfnet",
            fetch_from(exposures(70, 70)),
            np.empty((70, 70, 3), np.float32),
            forward=forward,
            settings=CPU,
        )


def test_after_an_accelerator_s_smallest_tile_the_cpu_takes_over(monkeypatch):
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    place = run._next_place(run._Place(torch.device("cuda"), torch.float16, 64), MemoryError())
    assert (place.device.type, place.dtype) == ("cpu", run.choose_precision(torch.device("cpu")))


@pytest.mark.usefixtures("random_weights")
def test_other_errors_are_not_taken_for_want_of_memory(exposures):
    def forward(network):
        def call(*_):
            raise RuntimeError("shapes differ")

        return call

    with pytest.raises(RuntimeError, match="shapes differ"):
        run_tiled(
            "psfnet",
            fetch_from(exposures(8, 8)),
            np.empty((8, 8, 3), np.float32),
            forward=forward,
            settings=CPU,
        )


@pytest.mark.usefixtures("random_weights")
def test_bf16_gives_nearly_the_same_picture(exposures):
    images = exposures(40, 40)
    full, half = np.empty((40, 40, 3), np.float32), np.empty((40, 40, 3), np.float32)
    run_tiled("psfnet", fetch_from(images), full, settings=CPU)
    report = run_tiled("psfnet", fetch_from(images), half, settings=Settings("cpu", "bf16"))
    assert report.precision == "bfloat16"
    assert not np.array_equal(full, half)
    assert psnr(full, half) > 30


def test_a_part_of_a_reporter_covers_its_share():
    seen = []
    part = Reporter(lambda f, s: seen.append(f)).part(0.2, 0.6).part(0.5, 1)
    part(0, "a")
    part(0.5, "a")
    part(2, "a")
    assert seen == pytest.approx([0.4, 0.5, 0.6])


class Overflowing(torch.nn.Module):
    """A network of one number format that multiplies by 300, and knows no value above `most`."""

    def __init__(self, dtype, most):
        super().__init__()
        self.dtype, self.most = dtype, most

    def forward(self, x):
        return (torch.where(x > self.most, torch.inf, x) * 300).to(self.dtype)


def overflowing(monkeypatch, picture, precision, most=np.inf):
    card = Card("psfnet", "psfnet-fast", "0" * 64, 64, {})

    class Loaded:
        def __call__(self, name, device, dtype):
            return Overflowing(dtype, most), card

    monkeypatch.setattr(run, "loaded", Loaded())
    out = np.empty((*picture.shape[1:], 3), np.float32)
    return out, run_tiled("psfnet", lambda *where: (picture[:, *where],), out, settings=Settings("cpu", precision, 64))


def test_a_tile_that_overflows_in_sixteen_bits_is_computed_in_thirty_two_and_told_of(monkeypatch):
    picture = np.ones((3, 200, 64), np.float32)
    picture[:, 5, 5] = 500
    out, report = overflowing(monkeypatch, picture, "fp16")
    assert out[5, 5, 0] == 150000 and (out[150:] == 300).all()
    assert report.notes == ("1 tiles overflowed in float16 and were computed in float32.",)
    assert overflowing(monkeypatch, picture, "fp32")[1].notes == ()


def test_what_is_not_finite_in_thirty_two_bits_either_is_an_error_that_says_where(monkeypatch):
    picture = np.ones((3, 200, 100), np.float32)
    picture[:, 150, 33] = 7
    with pytest.raises(NotFiniteError, match="'psfnet'.*row 150, column 33"):
        overflowing(monkeypatch, picture, "fp16", most=5)
