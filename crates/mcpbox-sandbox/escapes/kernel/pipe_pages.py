# attack: put user pages into a pipe, the root of several holes
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    _, writer = os.pipe()
    buffer = ctypes.create_string_buffer(4096)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 4096)
    return syscall("vmsplice", writer, ctypes.byref(vector), 1, 0)
