"""Compile the checkout when it is installed from, as pip compiles what it installs.

`python cli.py` and an editable install run `src/` itself, which pip leaves uncompiled; where Python may not write bytecode at run time
(`PYTHONDONTWRITEBYTECODE`, a read-only checkout) every start would then compile all modules anew: a third of the time of a profile.
"""

import compileall
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCheckout(BuildHookInterface[Any]):
    """Runs before a wheel, editable or not, is built; nothing of it gets into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile `src/`; what cannot be written is left as it is."""
        compileall.compile_dir(str(Path(self.root) / "src"), quiet=2)
