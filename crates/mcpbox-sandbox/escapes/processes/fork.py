# attack: leave a process behind that outlives the call
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    if os.fork() == 0:
        os._exit(0)
    return "forked"
