# attack: exchange the root
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("pivot_root", b"/there/is/no/such", b"/folder")
