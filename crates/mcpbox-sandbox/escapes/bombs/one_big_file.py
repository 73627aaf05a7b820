# attack: fill the disk with one file
# expect: ENOSPC | EFBIG | ENOENT | EACCES
# layers: root landlock limits
import tempfile


def main(canary):
    with tempfile.TemporaryFile() as file:
        for _ in range(40):
            file.write(bytes(1 << 20))
    return "40 MiB"
