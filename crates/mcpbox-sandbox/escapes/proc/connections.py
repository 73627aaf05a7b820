# attack: list the host's network connections
# expect: ENOENT | EACCES
# layers: root landlock
def main(canary):
    return open("/proc/net/tcp").read()
