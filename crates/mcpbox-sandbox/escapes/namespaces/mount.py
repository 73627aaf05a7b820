# attack: enter a mount namespace of one's own
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("unshare", 0x00020000)
    return "entered"
