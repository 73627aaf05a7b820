# attack: run a program from a file that exists in memory only
# expect: EPERM
# layers: root landlock seccomp
import os


def main(canary):
    os.set_inheritable(3, True)
    fd = os.memfd_create("program", 0)
    os.write(fd, b"#!/bin/echo ESCAPED\n")
    os.execve(fd, ["program"], {})
