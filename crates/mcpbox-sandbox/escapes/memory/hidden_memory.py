# attack: make memory that not even the kernel shows
# expect: EPERM | ENOSYS
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("memfd_secret", 0)
