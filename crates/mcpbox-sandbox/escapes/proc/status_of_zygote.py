# attack: read about the zygote
# expect: ENOENT | EACCES
# layers: root landlock
import os


def main(canary):
    return open(f"/proc/{os.getppid()}/status").read()
