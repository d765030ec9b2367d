"""Where the program is."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path


class NightproofError(Exception):
    """nightproof could not do what it was asked; its text is the program's."""


def program() -> str:
    """The path of the program: ``$NIGHTPROOF_PROGRAM``, the one of this environment, or the one of the shell."""
    named = os.environ.get("NIGHTPROOF_PROGRAM")
    if named:
        return named
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent)):
        path = Path(folder, "nightproof")
        if path.is_file():
            return str(path)
    found = shutil.which("nightproof")
    if not found:
        raise NightproofError("there is no program `nightproof`: pip install nightproof")
    return found
