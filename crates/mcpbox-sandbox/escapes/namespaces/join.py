# attack: join the namespaces of another process
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("setns", -1, 0)
