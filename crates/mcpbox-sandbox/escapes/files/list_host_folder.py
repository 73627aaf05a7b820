# attack: list a folder of the host
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return os.listdir(canary["folder"])
