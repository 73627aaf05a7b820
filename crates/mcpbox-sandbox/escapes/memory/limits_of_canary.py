# attack: change the limits of another process
# expect: EPERM
# layers: namespaces seccomp
# with: syscall
def main(canary):
    limit = (ctypes.c_uint64 * 2)()
    syscall("prlimit64", canary["pid"], 7, 0, ctypes.byref(limit))
    return list(limit)
