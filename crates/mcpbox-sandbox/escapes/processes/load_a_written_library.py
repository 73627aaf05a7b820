# attack: write a library to /tmp and load it
# expect: OSError
# layers: root landlock
import ctypes
import os
import shutil
import tempfile

import _ctypes


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        shutil.copyfile(_ctypes.__file__, folder + "/library.so")
        return str(ctypes.CDLL(folder + "/library.so"))
