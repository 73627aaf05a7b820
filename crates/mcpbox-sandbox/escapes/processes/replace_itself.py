# attack: become another program, with a fresh memory and without the runner
# expect: EPERM | EACCES
# layers: landlock seccomp
import os
import sys


def main(canary):
    os.set_inheritable(3, True)
    os.execv(sys.executable, [sys.executable, "-c", "print('ESCAPED')"])
