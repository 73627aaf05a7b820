# attack: print for ever
# expect: timeout
# layers: supervisor
import os


def main(canary):
    while True:
        os.write(1, b"x" * 65536)
