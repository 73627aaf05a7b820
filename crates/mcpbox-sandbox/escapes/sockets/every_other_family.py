# attack: reach some other protocol of the kernel: radio, bus, tunnel, key management …
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    for family in range(3, 64):
        for kind in (1, 2, 3, 5):
            try:
                os.close(syscall("socket", family, kind, 0))
            except PermissionError:
                continue
            except OSError:
                pass  # the kernel was asked and has no such protocol
            return f"family {family} reached the kernel"
    raise PermissionError(1, "every family refused")
