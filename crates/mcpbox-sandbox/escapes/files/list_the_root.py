# attack: see what lies at the root of the host
# expect: EACCES
# layers: landlock
import os


def main(canary):
    return os.listdir("/")
