# attack: lock memory so that the machine cannot reclaim it
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    if _libc.mlock(ctypes.create_string_buffer(1 << 20), 1 << 20):
        raise OSError(ctypes.get_errno(), "mlock")
    return "locked"
