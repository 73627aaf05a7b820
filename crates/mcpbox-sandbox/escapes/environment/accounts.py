# attack: learn the accounts of the host through the name service
# expect: KeyError
# layers: root landlock
import pwd


def main(canary):
    return pwd.getpwuid(0).pw_dir
