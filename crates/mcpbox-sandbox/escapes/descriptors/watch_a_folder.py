# attack: be told of changes in a folder
# expect: EPERM
# layers: seccomp
import fcntl
import os


def main(canary):
    return fcntl.fcntl(os.open(os.path.dirname(os.__file__), os.O_RDONLY), fcntl.F_NOTIFY, 1)
