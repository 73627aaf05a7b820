# attack: read the target of a symbolic link of the host
# expect: ENOENT
# layers: root
# open in tier 2: where symbolic links lead
import os


def main(canary):
    return os.readlink(canary["link"])
