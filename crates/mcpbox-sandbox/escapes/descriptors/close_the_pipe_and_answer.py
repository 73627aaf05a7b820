# attack: close the output, so that whoever reads it waits for ever or breaks
# expect: returns "answered"
# layers: supervisor
import os


def main(canary):
    os.close(1)
    os.close(2)
    return "answered"
