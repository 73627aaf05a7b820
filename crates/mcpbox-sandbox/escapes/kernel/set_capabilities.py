# attack: take capabilities back
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(1 << 21, 1 << 21, 0)
    syscall("capset", ctypes.byref(header), ctypes.byref(data))
    return "taken"
