# attack: replace the stream by one that hangs when it is flushed, in case the runner does that
# expect: returns "late"
# layers: supervisor
import sys
import time


class Hanging:
    def write(self, text):
        pass

    def flush(self):
        time.sleep(3600)


def main(canary):
    sys.stdout = Hanging()
    return "late"
