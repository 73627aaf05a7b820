# attack: fill the disk with several files
# expect: ENOSPC | ENOENT | EACCES
# layers: root landlock
import tempfile


def main(canary):
    kept = []
    for _ in range(10):
        file = tempfile.TemporaryFile()
        file.write(bytes(8 << 20))
        file.flush()
        kept.append(file)
    return "80 MiB"
