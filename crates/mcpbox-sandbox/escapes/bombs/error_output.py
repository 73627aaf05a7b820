# attack: print to standard error for ever
# expect: timeout
# layers: supervisor
import os


def main(canary):
    while True:
        os.write(2, b"x" * 65536)
