# attack: use descriptors that the zygote or another call left open
# expect: returns [0, 1, 2, 3]
# layers: always
import os


def main(canary):
    found = []
    for fd in range(1024):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found.append(fd)
    return found
