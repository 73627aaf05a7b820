# attack: fill the disk with several files
# expect: ENOSPC | ENOENT | EACCES
# layers: root landlock
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    kept = []
    for _ in range(10):
        file = tempfile.TemporaryFile(dir=place(canary))
        file.write(bytes(8 << 20))
        file.flush()
        kept.append(file)
    return "80 MiB"
