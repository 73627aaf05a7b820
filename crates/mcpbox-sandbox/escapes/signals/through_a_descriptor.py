# attack: let the kernel signal another call whenever something happens on a descriptor
# expect: EPERM
# layers: seccomp
import fcntl
import os


def main(canary):
    reader, _ = os.pipe()
    fcntl.fcntl(reader, 8, canary["sibling"]["pid"])
    return "owned by another call"
