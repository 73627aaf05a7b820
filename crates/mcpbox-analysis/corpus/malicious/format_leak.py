# what: A template of the caller reads attributes of an object.
# policy: strict
# finds: computed_template 11
class Settings:
    def __init__(self) -> None:
        self.name = "box"


def main(template: str) -> str:
    """Render a template."""
    return template.format(settings=Settings())
