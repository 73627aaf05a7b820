# attack: learn the name of the host
# expect: LookupError
# layers: namespaces
# open in tier 2: the host's name
import os


def main(canary):
    if os.uname().nodename != canary["hostname"]:
        raise LookupError("not the host's name")
    return os.uname().nodename
