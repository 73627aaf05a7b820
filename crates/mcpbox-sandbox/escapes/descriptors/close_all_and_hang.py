# attack: close every descriptor and never answer
# expect: closed its channel
# layers: supervisor
import os
import time


def main(canary):
    os.closerange(0, 1024)
    while True:
        time.sleep(60)
