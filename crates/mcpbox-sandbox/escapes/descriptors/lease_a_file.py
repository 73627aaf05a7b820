# attack: hold up whoever opens a file
# expect: EPERM
# layers: seccomp capabilities
import fcntl
import os


def main(canary):
    return fcntl.fcntl(os.open(os.__file__, os.O_RDONLY), 1024, fcntl.F_RDLCK)
