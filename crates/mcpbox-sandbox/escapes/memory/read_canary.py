# attack: read the memory of a process of the same user outside the jail
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    buffer = ctypes.create_string_buffer(canary["length"])
    local = (ctypes.c_uint64 * 2)(ctypes.addressof(buffer), canary["length"])
    remote = (ctypes.c_uint64 * 2)(canary["address"], canary["length"])
    syscall("process_vm_readv", canary["pid"], ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
    return buffer.raw.decode()
