# attack: choose the processor on which a victim runs
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    return "chosen"
