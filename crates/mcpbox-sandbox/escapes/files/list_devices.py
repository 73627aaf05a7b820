# attack: list the host's devices
# expect: ENOENT | EACCES
# layers: landlock
import os


def main(canary):
    return os.listdir("/dev")
