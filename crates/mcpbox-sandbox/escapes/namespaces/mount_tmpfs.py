# attack: mount a file system over one of the jail's
# expect: EPERM
# layers: landlock seccomp capabilities
# with: syscall
def main(canary):
    return reach("mount", b"none", b"/tmp", b"there-is-no-such-type", 0, 0)
