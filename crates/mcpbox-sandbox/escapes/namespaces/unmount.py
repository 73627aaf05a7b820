# attack: unmount what hides the rest
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("umount2", b"/there/is/no/such/mount", 0)
