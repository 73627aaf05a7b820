# attack: learn about mounts without /proc
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("statmount", 0, 0, 0, 0)
