# attack: change the time stamps of a file of the host, a change that Landlock does not look at
# expect: ENOENT | EPERM
# layers: root seccomp
import os


def main(canary):
    os.utime(canary["victim"], (1, 1))
    return "touched"
