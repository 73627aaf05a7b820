# attack: change the code that starts the next call
# expect: EACCES | EROFS
# layers: root landlock capabilities
import lockdown


def main(canary):
    with open(lockdown.__file__, "a") as file:
        file.write("")
    return "opened for writing"
