# attack: move pages of a read-only file into a pipe, the root of several holes
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    _, writer = os.pipe()
    fd = os.open(os.__file__, os.O_RDONLY)
    return syscall("splice", fd, 0, writer, 0, 1, 0)
