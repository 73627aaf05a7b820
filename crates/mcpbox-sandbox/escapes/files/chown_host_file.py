# attack: give a file of the host away
# expect: EPERM | ENOENT
# layers: root seccomp
import os


def main(canary):
    os.chown(canary["victim"], -1, os.getgid())
    return "chowned"
