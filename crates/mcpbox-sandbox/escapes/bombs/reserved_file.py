# attack: fill the disk without writing
# expect: ENOSPC | EFBIG | ENOENT | EACCES
# layers: root landlock limits
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryFile(dir=place(canary)) as file:
        os.posix_fallocate(file.fileno(), 0, 40 << 20)
    return "40 MiB"
