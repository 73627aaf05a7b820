# attack: read the output pipe, where a sibling's output might be
# expect: EBADF
# layers: always
import os


def main(canary):
    return os.read(1, 100)
