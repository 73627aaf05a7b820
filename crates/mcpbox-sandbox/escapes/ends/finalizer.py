# attack: run on when objects are destroyed
# expect: returns "done"
# layers: supervisor
import time


class Slow:
    def __del__(self):
        time.sleep(60)


KEPT = Slow()


def main(canary):
    return "done"
