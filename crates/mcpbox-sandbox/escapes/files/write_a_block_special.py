# attack: make a device node in /tmp and read the device through it
# expect: EPERM | EACCES
# layers: root landlock seccomp capabilities
import os
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        os.mknod(folder + "/null", 0o600 | 0o020000, os.makedev(1, 3))
        return os.open(folder + "/null", os.O_RDONLY)
