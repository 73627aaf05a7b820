# attack: write a program to /tmp and become it
# expect: EPERM | EACCES
# layers: root landlock
import os


def main(canary):
    os.set_inheritable(3, True)
    path = (canary["folder"] if os.path.isdir(canary["folder"]) else "/tmp") + "/" + canary["name"]
    with open(path, "w") as file:
        file.write("#!/bin/echo ESCAPED\n")
    os.chmod(path, 0o755)
    os.execv(path, [path])
