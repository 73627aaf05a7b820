# attack: read the memory of the zygote, which every later call inherits
# expect: EPERM
# layers: landlock seccomp capabilities
# with: syscall
def main(canary):
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.c_char.in_dll(_libc, "environ")), 8)
    syscall("process_vm_readv", os.getppid(), ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    return buffer.raw.hex()
