# attack: read the keys of the session
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("keyctl", 0, -3, 0, 0, 0)
