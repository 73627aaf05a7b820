# attack: signal every process at once
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    os.kill(-1, 0)
    return "could signal"
