# attack: run on when the interpreter ends
# expect: returns "done"
# layers: supervisor
import atexit
import time


def main(canary):
    atexit.register(time.sleep, 60)
    return "done"
