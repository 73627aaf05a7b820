# attack: use up the file system's entries
# expect: ENOSPC | ENOENT | EACCES
# layers: root landlock
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2000):
            open(f"{folder}/{number}", "w").close()
    return "2000 files"
