# attack: make a folder the root and climb out of the old one
# expect: EPERM
# layers: seccomp capabilities
import os


def main(canary):
    os.chroot("/")
    return "changed"
