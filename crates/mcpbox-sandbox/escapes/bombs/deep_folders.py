# attack: make folders within folders
# expect: ENOSPC | ENOENT | EACCES | ENAMETOOLONG
# layers: root landlock
import os
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
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
