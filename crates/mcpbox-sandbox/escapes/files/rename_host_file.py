# attack: rename a file of the host
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    os.rename(canary["victim"], canary["victim"] + ".gone")
    return "renamed"
