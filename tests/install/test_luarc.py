"""The line in darktable's luarc."""

import pytest

from libhdrnet.install import luarc

LINE = 'require "hdrnet"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-- mine\n",
        '-- mine\nrequire "x"',
        "a\r\nb\r\n",
        '-- require "hdrnet"\n',
        'require "hdrnet_other"\n',
        "\n\n",
    ],
)
def test_the_line_comes_and_goes_and_leaves_every_byte(tmp_path, text):
    path = tmp_path / "luarc"
    path.write_bytes(text.encode())
    path.chmod(0o640)
    added = luarc.addition(path)
    luarc.append(path, added)
    assert luarc.loads_plugin(path)
    assert path.read_bytes().decode().startswith(text)
    assert path.read_bytes().decode().removeprefix(text).split() == ["require", '"hdrnet"']
    luarc.take_away(path, added)
    assert (path.read_bytes() if text else path.exists()) == (text.encode() if text else False)
    if text:
        assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("line", [LINE, "require 'hdrnet'", '  require("hdrnet") -- HDR', 'require "hdrnet";'])
def test_a_line_of_the_user_s_own_is_enough(tmp_path, line):
    path = tmp_path / "luarc"
    path.write_text(f"{line}\n-- end\n")
    assert luarc.addition(path) == b""


def test_lines_written_below_ours_stay_whole(tmp_path):
    path = tmp_path / "luarc"
    path.write_bytes(b'require "a"')
    added = luarc.addition(path)
    luarc.append(path, added)
    with path.open("ab") as file:
        file.write(b'require "b"\n')
    luarc.take_away(path, added)
    assert path.read_bytes() == b'require "a"\nrequire "b"\n'


def test_a_link_stays_a_link(tmp_path):
    real = tmp_path / "dotfiles"
    real.write_bytes(b"-- mine\n")
    (tmp_path / "luarc").symlink_to(real)
    luarc.append(tmp_path / "luarc", luarc.addition(tmp_path / "luarc"))
    assert (tmp_path / "luarc").is_symlink()
    assert real.read_bytes() == b'-- mine\nrequire "hdrnet"\n'
