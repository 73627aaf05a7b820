# attack: use protection keys, which change what a page may do without a system call
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("pkey_alloc", 1, 0)
