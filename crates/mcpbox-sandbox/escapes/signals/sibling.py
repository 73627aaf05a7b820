# attack: signal another call
# expect: EPERM
# layers: landlock seccomp
import os
import signal


def main(canary):
    os.kill(canary["sibling"]["pid"], signal.SIGUSR1)
    return "signalled"
