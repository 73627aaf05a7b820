# attack: learn size, owner and age of a host's file without opening it
# expect: ENOENT
# layers: root
# open in tier 2: sizes, owners and ages of files
import os


def main(canary):
    return os.stat(canary["public"]).st_size
