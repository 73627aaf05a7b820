# attack: fill the disk with one file
# expect: ENOSPC | EFBIG | ENOENT | EACCES
# layers: root landlock limits
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryFile(dir=place(canary)) as file:
        for _ in range(40):
            file.write(bytes(1 << 20))
    return "40 MiB"
