# attack: look for host paths in the arguments of the interpreter
# expect: LookupError
# layers: root
# open in tier 2: where the runtime is installed
import sys


def main(canary):
    words = [word for word in sys.orig_argv + sys.argv if canary["data"] in word or canary["folder"] in word]
    if not words:
        raise LookupError("no path of the host")
    return words
