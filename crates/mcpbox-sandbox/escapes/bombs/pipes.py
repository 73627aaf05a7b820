# attack: use up the kernel's memory with pipes
# expect: EMFILE
# layers: limits
import os


def main(canary):
    for _ in range(300):
        os.pipe()
    return "300 pipes"
