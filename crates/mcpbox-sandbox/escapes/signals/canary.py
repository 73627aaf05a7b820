# attack: signal a process of the same user outside the jail
# expect: EPERM
# layers: namespaces landlock seccomp
import os
import signal


def main(canary):
    os.kill(canary["pid"], signal.SIGUSR1)
    return "signalled"
