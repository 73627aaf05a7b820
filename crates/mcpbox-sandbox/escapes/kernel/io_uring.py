# attack: make system calls through a ring, past the filter
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    parameters = (ctypes.c_uint32 * 30)()
    return syscall("io_uring_setup", 1, ctypes.byref(parameters))
