# attack: start a program the usual way
# expect: EPERM | EACCES | ENOENT
# layers: landlock seccomp
import subprocess
import sys


def main(canary):
    subprocess.run([sys.executable, "-c", ""])
    return "started"
