# attack: make a hard link in /tmp to a file of the host
# expect: ENOENT | EACCES | EXDEV
# layers: root landlock
import os


def main(canary):
    os.link(canary["victim"], canary["victim"] + ".link")
    return "linked"
