# attack: take more kernel memory than a pipe has
# expect: EPERM
# layers: seccomp
import fcntl


def main(canary):
    return fcntl.fcntl(1, 1031, 1 << 20)
