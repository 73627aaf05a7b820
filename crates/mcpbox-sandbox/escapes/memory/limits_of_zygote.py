# attack: lower the limits of the zygote so that no call can start
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    limit = (ctypes.c_uint64 * 2)()
    syscall("prlimit64", os.getppid(), 7, 0, ctypes.byref(limit))
    return list(limit)
