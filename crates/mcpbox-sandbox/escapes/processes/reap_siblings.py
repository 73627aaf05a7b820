# attack: wait for children, to take news of them from the zygote
# expect: EPERM | ECHILD
# layers: seccomp
import os


def main(canary):
    return os.waitpid(-1, os.WNOHANG)
