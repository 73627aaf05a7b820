# attack: make a symbolic link in /tmp to a file of the host and follow it
# expect: ENOENT | EACCES
# layers: root landlock
import os
import tempfile


def main(canary):
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(canary["private"], folder + "/link")
        return open(folder + "/link").read()
