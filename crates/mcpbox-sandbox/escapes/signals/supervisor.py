# attack: signal the server
# expect: EPERM
# layers: namespaces landlock seccomp capabilities
import os


def main(canary):
    os.kill(canary["supervisor"], 0)
    return "could signal"
