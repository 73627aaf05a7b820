# attack: learn the groups of the process at the other end of the call socket
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    groups, size = (ctypes.c_int * 64)(), ctypes.c_uint32(256)
    syscall("getsockopt", 3, 1, 59, ctypes.byref(groups), ctypes.byref(size))
    return size.value
