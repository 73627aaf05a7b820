# attack: leave the process group
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    os.setpgid(0, 0)
    return "left"
