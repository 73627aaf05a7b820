# attack: stop sharing the table of descriptors among threads
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    syscall("unshare", 0x00000400)
    return "unshared"
