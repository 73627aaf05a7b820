# attack: signal process 1
# expect: EPERM
# layers: landlock seccomp capabilities
import os


def main(canary):
    os.kill(1, 0)
    return "could signal"
