# attack: switch swap space off
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("swapoff", b"/there/is/no/such/file")
