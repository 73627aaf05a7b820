# attack: open a private file of the jail's own user to everybody, a change that Landlock does not look at
# expect: ENOENT | EPERM
# layers: root seccomp
import os


def main(canary):
    os.chmod(canary["victim"], 0o777)
    return "opened up"
