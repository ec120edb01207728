import pytest
import torch

from libhdrnet.engine import device
from libhdrnet.engine.device import choose_device, choose_precision, default_tile
from libhdrnet.errors import InputError

CPU = torch.device("cpu")


def test_auto_takes_cuda_then_mps_then_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "_has_mps", lambda: False)
    assert choose_device("auto").type == "cpu"
    monkeypatch.setattr(device, "_has_mps", lambda: True)
    assert choose_device("auto").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cpu:1:2"])
def test_an_unknown_device_is_refused_by_name(name):
    with pytest.raises(InputError, match="device"):
        choose_device(name)


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="not available"):
        choose_device("cuda")


def test_a_cuda_card_beyond_the_last_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("cuda:0").index == 0
    with pytest.raises(InputError, match="cuda:1"):
        choose_device("cuda:1")


@pytest.mark.parametrize(
    ("has", "uses", "dtype"),
    [
        ({"avx512_bf16": True}, "AVX512", torch.bfloat16),
        ({"amx_bf16": True, "avx512_bf16": False}, "AVX512", torch.bfloat16),
        ({"avx512_bf16": True}, "AVX2", torch.float32),
        ({"avx512_f": True}, "AVX512", torch.float32),
        ({}, "AVX2", torch.float32),
        ({}, "DEFAULT", torch.float32),
    ],
)
def test_a_cpu_gets_bf16_only_where_its_hardware_has_it_and_torch_uses_it(monkeypatch, has, uses, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: uses)
    assert choose_precision(CPU) == dtype


def test_accelerators_get_sixteen_bits(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert choose_precision(torch.device("cuda")) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert choose_precision(torch.device("cuda")) == torch.float16
    assert choose_precision(torch.device("mps")) == torch.float16


def test_a_named_precision_is_taken_as_it_is():
    assert choose_precision(CPU, "bf16") == torch.bfloat16
    with pytest.raises(InputError, match="fp8"):
        choose_precision(CPU, "fp8")


@pytest.mark.parametrize(("gigabytes", "tile"), [(1, 384), (24, 1792), (140, 2048)])
def test_a_card_s_tile_grows_with_its_free_memory(monkeypatch, gigabytes, tile):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (gigabytes * 2**30, 0))
    assert default_tile(torch.device("cuda")) == tile
