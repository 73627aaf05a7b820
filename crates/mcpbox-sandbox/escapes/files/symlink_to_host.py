# attack: make a symbolic link in /tmp to a file of the host and follow it
# expect: ENOENT | EACCES
# layers: root landlock
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        os.symlink(canary["private"], folder + "/link")
        return open(folder + "/link").read()
