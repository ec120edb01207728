"""Translations: `locale/LANGUAGE/LC_MESSAGES/hdrnet.mo` beside this file, where there is one."""

import gettext
from pathlib import Path

_ = gettext.translation("hdrnet", Path(__file__).resolve().parent / "locale", fallback=True).gettext
