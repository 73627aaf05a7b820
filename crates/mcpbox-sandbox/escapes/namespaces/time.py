# attack: enter a time namespace of one's own
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("unshare", 0x00000080)
    return "entered"
