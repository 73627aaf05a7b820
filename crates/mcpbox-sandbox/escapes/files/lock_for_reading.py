# attack: signal to a call that runs at the same time by locks on a file of the runtime that both can read
# expect: returns "no lock"
# layers: seccomp
import fcntl
import os


def main(canary):
    first, second = open(os.__file__), open(os.__file__)
    fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "locked for everybody"
    return "no lock"
