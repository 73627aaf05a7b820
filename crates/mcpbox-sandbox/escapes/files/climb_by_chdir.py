# attack: change directory upwards until the old root appears
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    for _ in range(40):
        os.chdir("..")
    return open(canary["public"].lstrip("/")).read()
