# attack: use a file as swap space
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("swapon", b"/there/is/no/such/file", 0)
