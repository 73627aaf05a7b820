# attack: turn a path into a handle and open the handle, past every check of the path
# expect: EPERM
# layers: root landlock seccomp capabilities
# with: syscall
def main(canary):
    handle = (ctypes.c_uint32 * 40)(128)
    mount_id = ctypes.c_int()
    syscall("name_to_handle_at", -100, canary["private"].encode(), ctypes.byref(handle), ctypes.byref(mount_id), 0)
    fd = syscall("open_by_handle_at", os.open("/", 0), ctypes.byref(handle), 0)
    return os.read(fd, 100).decode()
