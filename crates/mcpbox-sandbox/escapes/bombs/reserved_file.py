# attack: fill the disk without writing
# expect: ENOSPC | EFBIG | ENOENT | EACCES
# layers: root landlock limits
import os
import tempfile


def main(canary):
    with tempfile.TemporaryFile() as file:
        os.posix_fallocate(file.fileno(), 0, 40 << 20)
    return "40 MiB"
