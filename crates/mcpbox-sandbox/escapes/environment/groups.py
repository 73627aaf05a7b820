# attack: use the groups of whoever started the server
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    return os.getgroups()
