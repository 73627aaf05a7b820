# attack: make a named pipe through which another call could be reached
# expect: EPERM | EACCES
# layers: landlock seccomp
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        os.mkfifo(folder + "/pipe")
    return "made"
