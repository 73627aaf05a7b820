# attack: end by SIGKILL, as if the supervisor had done it
# expect: closed its channel
# layers: supervisor
import os
import signal


def main(canary):
    os.kill(os.getpid(), signal.SIGKILL)
