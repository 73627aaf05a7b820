# attack: attach an extended attribute to a file of the host
# expect: EPERM | ENOENT
# layers: root seccomp
import os


def main(canary):
    os.setxattr(canary["victim"], "user.mcpbox", b"x")
    return "labelled"
