# attack: end the interpreter
# expect: exit code 7
# layers: supervisor
import sys


def main(canary):
    sys.exit(7)
