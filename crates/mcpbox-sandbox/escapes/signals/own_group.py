# attack: signal the process group, zygote and siblings included
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    os.kill(0, 0)
    return "could signal"
