# attack: signal the zygote, with which all calls would die
# expect: EPERM
# layers: landlock seccomp
import os


def main(canary):
    os.kill(os.getppid(), 0)
    return "could signal"
