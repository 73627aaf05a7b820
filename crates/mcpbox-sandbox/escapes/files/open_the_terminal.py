# attack: open the terminal of whoever started the server
# expect: ENOENT | EACCES | ENXIO
# layers: root landlock
import os


def main(canary):
    return os.open("/dev/ptmx", os.O_RDWR)
