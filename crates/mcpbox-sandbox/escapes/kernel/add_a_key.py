# attack: leave a key for the next call
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("add_key", b"user", canary["name"].encode(), b"x", 1, -2)
