# attack: make a named pipe through which another call could be reached
# expect: EPERM | EACCES
# layers: landlock seccomp
import os
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(folder + "/pipe")
    return "made"
