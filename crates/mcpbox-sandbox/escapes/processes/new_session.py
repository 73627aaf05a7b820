# attack: leave the session, so that ending it does not end this process
# expect: EPERM
# layers: seccomp
import os


def main(canary):
    os.setsid()
    return "left"
