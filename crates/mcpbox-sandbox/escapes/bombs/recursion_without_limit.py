# attack: call without end after switching the interpreter's limit off, which overflows the stack
# expect: exception | memory
# layers: always
import sys


class Endless:
    def __repr__(self):
        return repr(self)


def main(canary):
    sys.setrecursionlimit(10**9)
    return repr(Endless())
