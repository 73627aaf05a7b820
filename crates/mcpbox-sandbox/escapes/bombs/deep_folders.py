# attack: make folders within folders
# expect: ENOSPC | ENOENT | EACCES | ENAMETOOLONG
# layers: root landlock
import os
import tempfile


def place(canary):
    """Where the tests clean up, when that is in sight."""
    return canary["folder"] if os.path.isdir(canary["folder"]) else None


def main(canary):
    with tempfile.TemporaryDirectory(dir=place(canary)) as folder:
        os.chdir(folder)
        depth = 0
        try:
            while depth < 1200:
                os.mkdir("d")
                os.chdir("d")
                depth += 1
        finally:
            for _ in range(depth):
                os.chdir("..")
                os.rmdir("d")
    return "1200 deep"
