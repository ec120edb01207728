"""How a wheel and an sdist are made (pyproject.toml, cmdclass): with the plug-ins inside."""

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

EXTRA = ("plugins", "installers", "CHANGELOG.md", "CONTRIBUTING.md")
"""What an sdist needs beyond the package, so that it builds and installs as a checkout does."""


class BuildWithPlugins(build_py):
    """Copies plugins/ into the package; an editable installation takes them from the checkout."""

    def run(self) -> None:
        """Build the package, then add the plug-ins."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "libhdrnet/plugins")
            shutil.copytree("plugins", target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)

    def get_source_files(self) -> list[str]:
        """Return what goes into an sdist."""
        files = [str(path) for part in EXTRA for path in (Path(part), *Path(part).rglob("*")) if path.is_file()]
        return [*super().get_source_files(), *(name for name in files if "__pycache__" not in name)]
