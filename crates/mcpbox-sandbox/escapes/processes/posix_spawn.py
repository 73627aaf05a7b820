# attack: start a program
# expect: EPERM | EACCES | ENOENT
# layers: landlock seccomp
import os
import sys


def main(canary):
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    os.waitpid(child, 0)
    return "started"
