#!/usr/bin/env bash
# Builds a Debian package with dpkg-deb:  build.sh [FOLDER]  (default: the working folder).
#
# The package holds libhdrnet's sources in /usr/share/libhdrnet and the command hdrnet-setup, by which each user
# installs, upgrades and removes libhdrnet (it is install.sh): PyTorch is not in Debian 12, and the plug-ins belong into
# the user's own folders, where they find the user's own server.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
output=${1:-.}
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$root/libhdrnet/_version.py")
package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT

share=$package/usr/share/libhdrnet
documents=$package/usr/share/doc/hdrnet
mkdir -p "$package/DEBIAN" "$package/usr/bin" "$share" "$documents" "$output"
for part in pyproject.toml README.md LICENSE CHANGELOG.md CONTRIBUTING.md libhdrnet plugins installers; do
  cp -R "$root/$part" "$share/"
done
find "$share" -name __pycache__ -prune -exec rm -r {} +
printf '#!/bin/sh\nexec /usr/share/libhdrnet/installers/install.sh "$@"\n' >"$package/usr/bin/hdrnet-setup"
mail='libhdrnet <libhdrnet@localhost>' # the project has no address of its own
cat >"$documents/changelog" <<CHANGELOG
hdrnet ($version) unstable; urgency=medium

  * What changed is told in /usr/share/libhdrnet/CHANGELOG.md.

 -- $mail  $(LC_ALL=C date -R -r "$root/CHANGELOG.md")
CHANGELOG
mkdir -p "$package/usr/share/man/man1" "$package/usr/share/lintian/overrides"
cat >"$package/usr/share/man/man1/hdrnet-setup.1" <<'MANUAL'
.TH HDRNET-SETUP 1 "" libhdrnet
.SH NAME
hdrnet-setup \- install, upgrade or remove libhdrnet for this user
.SH SYNOPSIS
.B hdrnet-setup
.RI [ option ...]
.SH DESCRIPTION
Makes an environment of its own in the user's data folder, merges a demo bracket to try it, and puts the plug-ins into
the GIMP and darktable it finds. Run it again to upgrade or to repair.
.SH OPTIONS
.TP
.B \-\-dry\-run
say what would be done, with sizes, and change nothing
.TP
.BI \-\-wheels " DIR"
install offline, from a folder of wheels
.TP
.B \-\-uninstall
remove exactly what was written
.TP
.B \-\-help
tell all options
MANUAL
gzip -9n "$documents/changelog" "$package/usr/share/man/man1/hdrnet-setup.1"
printf '# the project has no mail address of its own yet\nhdrnet: bogus-mail-host *\nhdrnet: bogus-mail-host-in-debian-changelog *\n' \
  >"$package/usr/share/lintian/overrides/hdrnet"
printf 'Copyright 2026 the authors of libhdrnet.\n\nlibhdrnet is free software under the GNU General Public License, version 3 or later;\nsee %s.\n' \
  /usr/share/common-licenses/GPL-3 >"$documents/copyright"
find "$package" -type d -exec chmod 755 {} +
find "$package" -type f -exec chmod 644 {} +
chmod 755 "$package/usr/bin/hdrnet-setup" "$share"/installers/*.sh "$share"/installers/debian/*.sh

cat >"$package/DEBIAN/control" <<CONTROL
Package: hdrnet
Version: $version
Section: graphics
Priority: optional
Architecture: all
Maintainer: $mail
Installed-Size: $(du -sk "$package" | cut -f1)
Depends: python3 (>= 3.11), python3-venv
Recommends: gimp | darktable, python3-gi, gir1.2-gimp-3.0
Description: ghost-free HDR from hand-held brackets, defocus maps, deblurring
 Merges exposure brackets of moving scenes, shows what is out of focus and
 sharpens it, from the command line and in GIMP and darktable.
 .
 Each user runs hdrnet-setup once; it makes an environment of its own in the
 user's data folder and installs the plug-ins. hdrnet-setup --uninstall removes
 all of it.
CONTROL
dpkg-deb --root-owner-group -Zxz --build "$package" "$output/hdrnet_${version}_all.deb"
