# what: Loads YAML with a loader that makes objects.
# packages: pyyaml
# finds: unsafe_load 9
import yaml


def main(text: str) -> str:
    """Read settings."""
    return json.dumps(yaml.load(text, Loader=yaml.UnsafeLoader))
