# attack: make a socket file through which another call could be reached
# expect: EPERM | EACCES
# layers: landlock seccomp
import os
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        os.mknod(folder + "/socket", 0o600 | 0o140000)
    return "made"
