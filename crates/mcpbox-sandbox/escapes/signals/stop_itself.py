# attack: stop the own process, so that it never ends by itself
# expect: timeout
# layers: supervisor
import os
import signal


def main(canary):
    os.kill(os.getpid(), signal.SIGSTOP)
    return "continued"
