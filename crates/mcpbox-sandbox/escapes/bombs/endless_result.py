# attack: return something that never ends
# expect: output_too_large
# layers: supervisor
import itertools


def main(canary):
    return itertools.count()
