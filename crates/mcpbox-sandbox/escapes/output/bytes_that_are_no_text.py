# attack: print bytes that are not UTF-8
# expect: returns "true"
# layers: supervisor
import os


def main(canary):
    os.write(1, bytes(range(256)))
    return "true"
