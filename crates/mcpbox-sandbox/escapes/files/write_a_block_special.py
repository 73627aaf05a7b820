# attack: make a device node in /tmp and read the device through it
# expect: EPERM | EACCES
# layers: root landlock seccomp capabilities
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        os.mknod(folder + "/null", 0o600 | 0o020000, os.makedev(1, 3))
        return os.open(folder + "/null", os.O_RDONLY)
