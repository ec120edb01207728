"""The Debian package in a bare Debian, in a layer over its root that vanishes."""

import shutil
import subprocess

import pytest
from bare import USER, contents, small_tree
from host_root import SCRIPT, missing

VERSION = "0.0.1"
NAME = "Jörg Ö"
LAYERED = r"""
mount -t tmpfs tmpfs "$2" && mkdir "$2/upper" "$2/work" "$2/root" || exit 125
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" || exit 125
mount -t proc proc "$2/root/proc" && mount --rbind /dev "$2/root/dev" && mount --bind "$3" "$2/root/mnt" || exit 125
chroot "$2/root" sh -c "$4"
exit $?
"""
CLEAN = f"env -i HOME='/mnt/{NAME}' PATH=/usr/bin:/bin LC_ALL=C.UTF-8"
AS_USER = f"setpriv --reuid={USER} --regid={USER} --clear-groups {CLEAN}"
NOT_DPKG_S = "grep -v -e ^/var/lib/dpkg -e ^/var/log -e ^/list"


@pytest.mark.parametrize("suite", ["bare-trixie"])
@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_a_user_sets_libhdrnet_up_from_the_package_and_both_go_without_a_trace(suite, tmp_path):
    if missing(suite):
        pytest.skip(missing(suite))
    tree = small_tree(tmp_path / "tree", VERSION)
    shared, layer = tmp_path / "shared", tmp_path / "layer"
    home = shared / NAME
    layer.mkdir()
    (home / ".config/darktable").mkdir(parents=True)
    for path in (home, *home.rglob("*")):
        shutil.chown(path, USER, USER)
    subprocess.run([tree / "installers/debian/build.sh", shared], check=True, capture_output=True, timeout=120)
    shutil.copytree(tree / "wheels", shared / "wheels")
    before = contents(home)
    steps = f"""
      set -e
      list() {{ find / -xdev -path /mnt -prune -o -print | {NOT_DPKG_S} | sort >"/list-$1"; }}
      list before
      dpkg -i /mnt/hdrnet_{VERSION}_all.deb
      {AS_USER} hdrnet-setup --wheels /mnt/wheels --no-demo
      {AS_USER} "/mnt/{NAME}/.local/bin/hdrnet" --version
      test -e "/mnt/{NAME}/.config/darktable/lua/hdrnet.lua"
      {AS_USER} hdrnet-setup --uninstall
      dpkg --purge hdrnet
      list after
      diff /list-before /list-after
    """
    root = subprocess.run([SCRIPT, "path", suite], capture_output=True, text=True, check=True).stdout.strip()
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "bash", "-c", LAYERED, "bash", root, layer, shared, steps],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"hdrnet {VERSION}\n" in done.stdout
    assert contents(home) == before
