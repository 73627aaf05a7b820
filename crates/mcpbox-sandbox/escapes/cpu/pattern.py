# attack: compute for ever in a regular expression
# expect: cpu
# layers: limits supervisor
import re


def main(canary):
    return re.match(r"(a+)+$", "a" * 60 + "b") is None
