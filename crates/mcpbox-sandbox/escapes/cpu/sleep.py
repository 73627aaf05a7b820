# attack: hold the place of another call by doing nothing
# expect: timeout
# layers: supervisor
import time


def main(canary):
    time.sleep(3600)
