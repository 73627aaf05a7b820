# attack: make system calls that this filter was written before
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    for nr in [*range(463, 560), 0x3FFFFFFF]:
        try:
            syscall(nr, -1, -1, -1, -1, -1, -1)
        except PermissionError:
            continue
        except OSError:
            pass
        return f"number {nr} reached the kernel"
    raise PermissionError(1, "every number refused")
