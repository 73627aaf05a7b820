# attack: get a handle on the process at the other end of the call socket
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    handle, size = ctypes.c_int(-1), ctypes.c_uint32(4)
    syscall("getsockopt", 3, 1, 77, ctypes.byref(handle), ctypes.byref(size))
    return handle.value
