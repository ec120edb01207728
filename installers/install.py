"""Installs libhdrnet from the sources beside this folder, with any Python 3.11 or newer and nothing else.

install.sh and install.ps1 find a Python and run this; all of it is in libhdrnet/install.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True  # the sources stay as they are

from libhdrnet.install.setup import main  # noqa: E402

sys.exit(main())
