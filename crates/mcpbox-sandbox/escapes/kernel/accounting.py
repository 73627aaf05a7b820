# attack: log every process of the machine to a file
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("acct", b"/there/is/no/such/file")
