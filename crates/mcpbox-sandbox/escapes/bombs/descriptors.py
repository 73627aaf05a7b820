# attack: use up descriptors
# expect: EMFILE
# layers: limits
import os


def main(canary):
    for _ in range(600):
        os.dup(1)
    return "600 descriptors"
