# attack: end the process, past the runner
# expect: exited with code 0
# layers: supervisor
import os


def main(canary):
    os._exit(0)
