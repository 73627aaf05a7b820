# attack: make a folder of the host the working directory
# expect: ENOENT
# layers: root
# open in tier 2: which folders exist
import os


def main(canary):
    os.chdir(canary["folder"])
    return os.getcwd()
