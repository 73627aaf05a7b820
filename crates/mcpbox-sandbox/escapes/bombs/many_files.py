# attack: use up the file system's entries
# expect: ENOSPC | ENOENT | EACCES
# layers: root landlock
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        for number in range(2000):
            open(f"{folder}/{number}", "w").close()
    return "2000 files"
