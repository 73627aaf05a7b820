# attack: write a library to /tmp and load it
# expect: OSError
# layers: root landlock
import ctypes
import shutil
import tempfile

import _ctypes


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(_ctypes.__file__, folder + "/library.so")
        return str(ctypes.CDLL(folder + "/library.so"))
