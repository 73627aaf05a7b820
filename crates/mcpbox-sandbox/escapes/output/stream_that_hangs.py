# attack: replace the stream by one that hangs when it is flushed
# expect: timeout
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
