# attack: give a file that is open but has no name a new name, by its descriptor alone
# expect: EPERM | ENOENT | EACCES | EXDEV
# layers: root landlock
# with: syscall
def main(canary):
    fd = os.open(canary["victim"], os.O_PATH)
    syscall("linkat", fd, b"", -100, (canary["victim"] + ".link").encode(), 0x1000)
    return "linked"
